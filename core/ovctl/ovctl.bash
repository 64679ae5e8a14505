# SPDX-License-Identifier: Apache-2.0
# Completion of ovctl for bash; uses no helper of the bash-completion package.

_ovctl_words() {
    local IFS=$' \t\n'
    # shellcheck disable=SC2207
    COMPREPLY=($(compgen -W "$1" -- "$2"))
}

_ovctl_files() {
    local IFS=$'\n'
    # shellcheck disable=SC2207
    COMPREPLY=($(compgen "$1" -- "$2"))
    compopt -o filenames 2>/dev/null
}

# The command among the words so far; options' values are passed over.
_ovctl_command() {
    local i skip=0
    command=
    for ((i = 1; i < COMP_CWORD; i++)); do
        if ((skip)); then
            skip=0
            continue
        fi
        case ${COMP_WORDS[i]} in
        -c | --config | --profile | --plugin-path) skip=1 ;;
        -*) ;;
        *)
            command=${COMP_WORDS[i]}
            return
            ;;
        esac
    done
}

# Profiles of the INI file that the line names, or of ./ov.ini.
_ovctl_profiles() {
    local i file=${OV_CONFIG:-ov.ini}
    for ((i = 1; i < COMP_CWORD - 1; i++)); do
        case ${COMP_WORDS[i]} in
        -c | --config) file=${COMP_WORDS[i + 1]} ;;
        esac
    done
    [ -r "$file" ] && sed -n 's/^\[storage\.vectordb:\([A-Za-z0-9_.-]*\)\].*/\1/p' "$file"
}

_ovctl() {
    local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local command options
    COMPREPLY=()
    _ovctl_command
    case $before in
    -c | --config | --schema | --vector-file)
        _ovctl_files -f "$current"
        return
        ;;
    --plugin-path)
        _ovctl_files -d "$current"
        return
        ;;
    --profile)
        _ovctl_words "$(_ovctl_profiles)" "$current"
        return
        ;;
    --distance)
        _ovctl_words "cosine ip l2" "$current"
        return
        ;;
    --dim | --sparse-weight | --vector | --vector-of | --sparse | --text | --filter | \
        --group-by | --order-by | --limit | --offset | --fields)
        return
        ;;
    esac
    options="-c --config --profile --plugin-path --json --help --version"
    case $command in
    "")
        [[ $current == -* ]] || options="plugins doctor init import export get delete \
            count search scan explain act"
        ;;
    plugins) [[ $current == -* ]] && options+=" --explain" || options="show" ;;
    init) options+=" --dim --schema --distance --sparse-weight --dry-run" ;;
    get) options+=" --fields" ;;
    delete) options+=" --filter" ;;
    count) options+=" --filter --group-by" ;;
    search) options+=" --vector --vector-of --vector-file --sparse --text --exact \
        --filter --limit --offset --fields" ;;
    scan) options+=" --order-by --desc --filter --limit --offset --fields" ;;
    explain)
        if [[ $current == -* ]]; then
            options+=" --filter --vector --vector-of --vector-file --sparse --text \
                --exact --limit --offset --fields --order-by --desc --group-by"
        else
            options="search scan count"
        fi
        ;;
    import | export)
        if [[ $current != -* ]]; then
            _ovctl_files -f "$current"
            return
        fi
        ;;
    esac
    _ovctl_words "$options" "$current"
}

complete -F _ovctl ovctl
