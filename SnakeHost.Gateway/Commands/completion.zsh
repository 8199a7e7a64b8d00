# Completion of snakehost in zsh: source <(snakehost completion zsh)
_snakehost() {
    local line=${LBUFFER#*[[:space:]]}
    local -a words_found
    words_found=("${(@f)$(snakehost "[suggest:${#line}]" "$line" 2> /dev/null)}")
    [[ -n $words_found ]] && compadd -- $words_found || _files
}
compdef _snakehost snakehost
