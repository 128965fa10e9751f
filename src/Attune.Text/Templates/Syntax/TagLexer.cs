namespace Attune.Text.Templates.Syntax;

/// <summary>Cuts the inside of tags into tokens.</summary>
internal sealed class TagLexer(string source, List<Token> tokens)
{
    private const int MaxNesting = 200;

    // Longest first, so that "//" is not read as two divisions.
    private static readonly string[] Operators =
    [
        "//", "**", "==", "!=", ">=", "<=",
        "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";",
    ];

    private readonly Stack<char> _brackets = new();
    private int _position;

    /// <summary>Reads up to the end of a tag; gives where it ends and whether <c>-</c> or <c>+</c> stands there.</summary>
    public (int End, char Sign) Read(int position, int tag, char closing, TokenKind endKind)
    {
        _position = position;
        _brackets.Clear();
        while (true)
        {
            while (_position < source.Length && PythonText.IsSpace(source[_position]))
            {
                _position++;
            }

            if (_position >= source.Length)
            {
                throw new TemplateFault($"the tag is not closed; add '{closing}}}'", tag);
            }

            if (_brackets.Count == 0 && EndsTag(closing, out int end, out char sign))
            {
                tokens.Add(new Token(endKind, _position, ""));
                return (end, sign);
            }

            ReadToken();
        }
    }

    private bool EndsTag(char closing, out int end, out char sign)
    {
        sign = source[_position] is '-' or '+' ? source[_position] : '\0';
        end = _position + (sign == '\0' ? 2 : 3);
        return end <= source.Length && source[end - 2] == closing && source[end - 1] == '}' && (sign != '+' || closing == '%');
    }

    private void ReadToken()
    {
        char first = source[_position];
        if (char.IsAsciiDigit(first))
        {
            tokens.Add(NumberLiteral.Read(source, ref _position));
        }
        else if (first is '\'' or '"')
        {
            ReadString(first);
        }
        else if (first == '_' || char.IsLetter(first))
        {
            int start = _position;
            while (_position < source.Length && (source[_position] == '_' || char.IsLetterOrDigit(source[_position])))
            {
                _position++;
            }

            tokens.Add(new Token(TokenKind.Name, start, source[start.._position]));
        }
        else
        {
            ReadOperator(first);
        }
    }

    private void ReadOperator(char first)
    {
        string? text = Array.Find(Operators, o => string.CompareOrdinal(source, _position, o, 0, o.Length) == 0)
            ?? throw new TemplateFault($"unexpected character '{first}'", _position);
        switch (first)
        {
            case '(' or '[' or '{' when _brackets.Count >= MaxNesting:
                throw new TemplateFault($"brackets are nested more than {MaxNesting} deep", _position);
            case '(' or '[' or '{':
                _brackets.Push(first == '(' ? ')' : first == '[' ? ']' : '}');
                break;
            case ')' or ']' or '}':
                if (!_brackets.TryPop(out char expected) || expected != first)
                {
                    throw new TemplateFault(expected == '\0' ? $"unexpected '{first}'" : $"unexpected '{first}', expected '{expected}'", _position);
                }

                break;
        }

        tokens.Add(new Token(TokenKind.Operator, _position, text));
        _position += text.Length;
    }

    private void ReadString(char quote)
    {
        int start = _position++;
        while (_position < source.Length && source[_position] != quote)
        {
            _position += source[_position] == '\\' ? 2 : 1;
        }

        if (_position >= source.Length)
        {
            throw new TemplateFault($"the string is not closed; add {quote}", start);
        }

        tokens.Add(new Token(TokenKind.String, start, StringLiteral.Unescape(source.AsSpan(start + 1, _position - start - 1), start)));
        _position++;
    }
}
