# bash completion for porthole(1)

_porthole() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} word command='' dir=()
    local options='--practice --real --rootfs --lessons --trust --theme --plain --record --force --speed --idle --text --follow --pid --json --csv --html --name --yes --output --help --version'
    local i
    for ((i = 1; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case $word in
            --lessons) dir+=(--lessons "${COMP_WORDS[i + 1]}") && ((i++)) ;;
            --rootfs | --theme | --name | --record | --speed | --idle | --pid | -o | --output) ((i++)) ;;
            --) [ "$command" = trace ] && _command_offset $((i + 1)) && return ;;
            -*) ;;
            *) [ -n "$command" ] || command=$word ;;
        esac
    done
    COMPREPLY=()
    case $prev in
        --rootfs)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -d -- "$cur"; compgen -f -X '!*.@(tar|tar.gz|tgz|tar.xz|tar.zst)' -- "$cur")
            return
            ;;
        --theme)
            mapfile -t COMPREPLY < <(compgen -W 'default contrast mono' -- "$cur")
            return
            ;;
        -o | --output | --record)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            return
            ;;
        --lessons)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -d -- "$cur")
            return
            ;;
    esac
    case $cur in
        -*)
            mapfile -t COMPREPLY < <(compgen -W "$options" -- "$cur")
            return
            ;;
    esac
    # Lesson ids, as the program itself lists them.
    local ids=''
    case $command in
        '' | test) ids=$("${COMP_WORDS[0]}" list --json "${dir[@]}" 2> /dev/null |
            sed -n 's/.*"id": *"\([^"]*\)".*/\1/p') ;;
    esac
    case $command in
        '') mapfile -t COMPREPLY < <(compgen -W "test lint list new watch report progress present rehearse notes follow trace play doctor help $ids" -- "$cur") ;;
        test | present | rehearse) mapfile -t COMPREPLY < <(compgen -W "$ids" -- "$cur") ;;
        new) [ "$prev" = new ] && mapfile -t COMPREPLY < <(compgen -W lesson -- "$cur") ;;
        progress) [ "$prev" = progress ] && mapfile -t COMPREPLY < <(compgen -W "path export import reset" -- "$cur") ;;
    esac
    if [ "$command" = report ] || { [ "$command" = progress ] && [ "$prev" != progress ]; }; then
        compopt -o filenames
        mapfile -t COMPREPLY < <(compgen -f -- "$cur")
        return
    fi
    case $command in
        play)
            compopt -o filenames
            mapfile -t COMPREPLY < <(compgen -f -- "$cur")
            ;;
        '' | test | lint | watch)
            compopt -o filenames
            local files
            mapfile -t files < <(compgen -f -X '!*.md' -- "$cur")
            [ "$command" = lint ] || [[ $cur == */* ]] && mapfile -t -O ${#files[@]} files < <(compgen -d -- "$cur")
            COMPREPLY+=("${files[@]}")
            ;;
    esac
}
complete -F _porthole porthole
