# Completion of snakehost in fish: snakehost completion fish | source
function __snakehost_suggest
    set -l line (commandline -cp | string replace -r '^\s*\S+\s' '')
    snakehost "[suggest:"(string length -- "$line")"]" "$line" 2> /dev/null
end
complete -c snakehost -a '(__snakehost_suggest)'
