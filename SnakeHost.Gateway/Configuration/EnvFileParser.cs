using System.Diagnostics.CodeAnalysis;
using System.Text;

namespace SnakeHost.Gateway.Configuration;

/// <summary>Reads one assignment after the other. See <see cref="EnvFile.Parse"/> for the format.</summary>
internal sealed class EnvFileParser(string path, string text)
{
    private readonly string _text = text.TrimStart('\uFEFF').ReplaceLineEndings("\n");
    private int _position;
    private int _line = 1;

    public bool TryNext([NotNullWhen(true)] out string? name, [NotNullWhen(true)] out string? value)
    {
        (name, value) = (null, null);
        SkipToAssignment();
        if (_position >= _text.Length) return false;

        var end = LineEnd();
        var equals = _text.IndexOf('=', _position, end - _position);
        if (equals < 0) throw Bad("it must read NAME=value");
        name = _text[_position..equals].Trim();
        if (name.StartsWith("export ", StringComparison.Ordinal) || name.StartsWith("export\t", StringComparison.Ordinal)) name = name[7..].TrimStart();
        if (EnvironmentName.Refusal(name) is { } reason) throw Bad($"{name} cannot be set: {reason}");

        _position = equals + 1;
        while (_position < end && _text[_position] is ' ' or '\t') _position++;
        value = _position < end && _text[_position] is '\'' or '"' ? Quoted(name) : Bare(end);
        return value.Contains('\0', StringComparison.Ordinal) ? throw Bad($"the value of {name} holds a NUL character") : true;
    }

    private void SkipToAssignment()
    {
        while (_position < _text.Length)
        {
            if (_text[_position] == '#') _position = LineEnd();
            else if (!char.IsWhiteSpace(_text[_position])) return;
            else if (_text[_position++] == '\n') _line++;
        }
    }

    private string Bare(int end)
    {
        var value = _text.AsSpan(_position, end - _position);
        for (var index = 0; index < value.Length; index++)
        {
            if (value[index] != '#' || (index > 0 && !char.IsWhiteSpace(value[index - 1]))) continue;
            value = value[..index];
            break;
        }

        _position = end;
        return value.Trim().ToString();
    }

    private string Quoted(string name)
    {
        var quote = _text[_position++];
        var start = _line;
        var value = new StringBuilder();
        for (; _position < _text.Length; _position++)
        {
            var character = _text[_position];
            if (character == quote)
            {
                _position++;
                var rest = _text.AsSpan(_position, LineEnd() - _position).Trim();
                if (rest.IsEmpty || rest[0] == '#')
                {
                    _position = LineEnd();
                    return value.ToString();
                }

                throw Bad($"something follows the closing quote of {name}");
            }

            if (character == '\n') _line++;
            if (character == '\\' && quote == '"' && _position + 1 < _text.Length && Escaped(_text[_position + 1]) is { } escaped)
            {
                value.Append(escaped);
                _position++;
            }
            else
            {
                value.Append(character);
            }
        }

        _line = start;
        throw Bad($"the quote of {name} is never closed");
    }

    private static char? Escaped(char character) => character switch
    {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '\\' or '"' or '$' => character,
        _ => null,
    };

    private int LineEnd()
    {
        var end = _text.IndexOf('\n', _position);
        return end < 0 ? _text.Length : end;
    }

    private ConfigurationException Bad(string reason) => new($"{path}, line {_line}: {reason}.");
}
