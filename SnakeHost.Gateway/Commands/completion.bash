# Completion of snakehost in bash: source <(snakehost completion bash)
_snakehost() {
    local line=${COMP_LINE:0:COMP_POINT} word=${COMP_WORDS[COMP_CWORD]}
    line=${line#*[[:space:]]}
    mapfile -t COMPREPLY < <(compgen -W "$(snakehost "[suggest:${#line}]" "$line" 2> /dev/null)" -- "$word")
}
complete -o default -F _snakehost snakehost
