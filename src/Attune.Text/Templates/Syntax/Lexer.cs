using System.Globalization;
using System.Numerics;

namespace Attune.Text.Templates.Syntax;

/// <summary>Cuts a template into text and tags and the tags into tokens, with <c>trim_blocks</c> and <c>lstrip_blocks</c> on, as chat templates are rendered.</summary>
internal sealed class Lexer
{
    private const int MaxNesting = 200;

    // Longest first, so that "//" is not read as two divisions.
    private static readonly string[] Operators =
    [
        "//", "**", "==", "!=", ">=", "<=",
        "+", "-", "/", "*", "%", "~", "[", "]", "(", ")", "{", "}", ">", "<", "=", ".", ":", "|", ",", ";",
    ];

    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private readonly Stack<char> _brackets = new();
    private int _position;

    private Lexer(string source) => _source = source;

    /// <summary>Gives the source with <c>\n</c> line ends and without the last one, as the rules of Jinja want it.</summary>
    public static string Normalize(string source)
    {
        string text = source.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n');
        return text.EndsWith('\n') ? text[..^1] : text;
    }

    /// <summary>Cuts a normalised source.</summary>
    public static List<Token> Tokenize(string source)
    {
        var lexer = new Lexer(source);
        lexer.ReadTemplate();
        lexer._tokens.Add(new Token(TokenKind.EndOfTemplate, source.Length, ""));
        return lexer._tokens;
    }

    private void ReadTemplate()
    {
        // Whether the text begins a line: after a tag it does only when the tag took the line end with it.
        bool lineStart = true;
        while (_position < _source.Length)
        {
            int tag = FindTag(_position);
            if (tag < 0)
            {
                AddData(_position, _source.Length);
                _position = _source.Length;
                return;
            }

            char kind = _source[tag + 1];
            char sign = SignAt(tag + 2);
            AddData(_position, TextEnd(_position, tag, kind, sign, lineStart));
            _position = tag + 2 + (sign == '\0' ? 0 : 1);
            switch (kind)
            {
                case '#':
                    SkipComment(tag);
                    break;
                case '{':
                    _tokens.Add(new Token(TokenKind.VariableBegin, tag, ""));
                    ReadTag(tag, '}', TokenKind.VariableEnd);
                    break;
                default:
                    if (!TryReadRaw(tag))
                    {
                        _tokens.Add(new Token(TokenKind.BlockBegin, tag, ""));
                        ReadTag(tag, '%', TokenKind.BlockEnd);
                    }

                    break;
            }

            lineStart = _source[_position - 1] == '\n';
        }
    }

    private int FindTag(int from)
    {
        while (true)
        {
            int brace = _source.IndexOf('{', from);
            if (brace < 0 || brace + 1 >= _source.Length)
            {
                return -1;
            }

            if (_source[brace + 1] is '{' or '%' or '#')
            {
                return brace;
            }

            from = brace + 1;
        }
    }

    private char SignAt(int position) => position < _source.Length && _source[position] is '-' or '+' ? _source[position] : '\0';

    /// <summary>Where the text before a tag ends once <c>-</c> or <c>lstrip_blocks</c> has taken its blanks.</summary>
    private int TextEnd(int start, int tag, char kind, char sign, bool lineStart)
    {
        if (sign == '-')
        {
            int end = tag;
            while (end > start && PythonText.IsSpace(_source[end - 1]))
            {
                end--;
            }

            return end;
        }

        if (sign == '+' || kind == '{')
        {
            return tag;
        }

        int line = tag;
        while (line > start && _source[line - 1] != '\n')
        {
            if (!PythonText.IsSpace(_source[line - 1]))
            {
                return tag;
            }

            line--;
        }

        return line > start || lineStart ? line : tag;
    }

    private void AddData(int start, int end)
    {
        if (end > start)
        {
            _tokens.Add(new Token(TokenKind.Data, start, _source[start..end]));
        }
    }

    private void SkipComment(int tag)
    {
        int end = _source.IndexOf("#}", _position, StringComparison.Ordinal);
        if (end < 0)
        {
            throw new TemplateFault("the comment is not closed; add '#}'", tag);
        }

        char sign = end > _position && _source[end - 1] is '-' or '+' ? _source[end - 1] : '\0';
        EndTag(end + 2, sign, trimLineEnd: true);
    }

    /// <summary>Reads <c>{% raw %}...{% endraw %}</c> when the tag at this place is one.</summary>
    private bool TryReadRaw(int tag)
    {
        int position = SkipWord(_position, "raw");
        if (position < 0 || !TagEnds(position, out int start, out char sign) || sign == '+')
        {
            return false;
        }

        EndTag(start, sign, trimLineEnd: false);
        int from = _position;
        for (int open = _source.IndexOf("{%", from, StringComparison.Ordinal); open >= 0; open = _source.IndexOf("{%", open + 1, StringComparison.Ordinal))
        {
            char openSign = SignAt(open + 2);
            int word = SkipWord(open + 2 + (openSign == '\0' ? 0 : 1), "endraw");
            if (word >= 0 && TagEnds(word, out int end, out char endSign))
            {
                AddData(from, TextEnd(from, open, '%', openSign, lineStart: from == 0 || _source[from - 1] == '\n'));
                EndTag(end, endSign, trimLineEnd: true);
                return true;
            }
        }

        throw new TemplateFault("the raw block is not closed; add '{% endraw %}'", tag);
    }

    private int SkipWord(int position, string word)
    {
        position = SkipSpaces(position);
        return string.CompareOrdinal(_source, position, word, 0, word.Length) == 0 ? SkipSpaces(position + word.Length) : -1;
    }

    private int SkipSpaces(int position)
    {
        while (position < _source.Length && PythonText.IsSpace(_source[position]))
        {
            position++;
        }

        return position;
    }

    private bool TagEnds(int position, out int end, out char sign)
    {
        sign = SignAt(position);
        end = position + (sign == '\0' ? 2 : 3);
        return end <= _source.Length && _source[end - 2] == '%' && _source[end - 1] == '}';
    }

    private void EndTag(int end, char sign, bool trimLineEnd)
    {
        _position = end;
        if (sign == '-')
        {
            _position = SkipSpaces(end);
        }
        else if (sign != '+' && trimLineEnd && end < _source.Length && _source[end] == '\n')
        {
            _position++;
        }
    }

    private void ReadTag(int tag, char closing, TokenKind endKind)
    {
        _brackets.Clear();
        while (true)
        {
            _position = SkipSpaces(_position);
            if (_position >= _source.Length)
            {
                throw new TemplateFault($"the tag is not closed; add '{closing}}}'", tag);
            }

            if (_brackets.Count == 0 && TryEndTag(closing, endKind))
            {
                return;
            }

            ReadToken();
        }
    }

    private bool TryEndTag(char closing, TokenKind endKind)
    {
        char sign = SignAt(_position);
        int end = _position + (sign == '\0' ? 2 : 3);
        bool ends = end <= _source.Length && _source[end - 2] == closing && _source[end - 1] == '}' && (sign != '+' || closing == '%');
        if (ends)
        {
            _tokens.Add(new Token(endKind, _position, ""));
            EndTag(end, sign, trimLineEnd: closing == '%');
        }

        return ends;
    }

    private void ReadToken()
    {
        char first = _source[_position];
        if (char.IsAsciiDigit(first))
        {
            ReadNumber();
        }
        else if (first is '\'' or '"')
        {
            ReadString(first);
        }
        else if (first == '_' || char.IsLetter(first))
        {
            int start = _position;
            while (_position < _source.Length && (_source[_position] == '_' || char.IsLetterOrDigit(_source[_position])))
            {
                _position++;
            }

            _tokens.Add(new Token(TokenKind.Name, start, _source[start.._position]));
        }
        else
        {
            ReadOperator(first);
        }
    }

    private void ReadOperator(char first)
    {
        string? text = Array.Find(Operators, o => string.CompareOrdinal(_source, _position, o, 0, o.Length) == 0)
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

        _tokens.Add(new Token(TokenKind.Operator, _position, text));
        _position += text.Length;
    }

    private void ReadNumber()
    {
        int start = _position;
        if (TryReadRadix(start))
        {
            return;
        }

        SkipDigits();
        bool isFloat = false;

        // After a dot ("list.0.1") digits are a key, never a fraction.
        bool mayBeFloat = start == 0 || _source[start - 1] != '.';
        if (mayBeFloat && Peek() == '.' && char.IsAsciiDigit(Peek(1)))
        {
            _position++;
            SkipDigits();
            isFloat = true;
        }

        int exponentDigit = Peek(1) is '+' or '-' ? 2 : 1;
        if (mayBeFloat && Peek() is 'e' or 'E' && char.IsAsciiDigit(Peek(exponentDigit)))
        {
            _position += exponentDigit;
            SkipDigits();
            isFloat = true;
        }

        string digits = _source[start.._position].Replace("_", "", StringComparison.Ordinal);
        if (isFloat)
        {
            _tokens.Add(new Token(TokenKind.Float, start, "", Float: double.Parse(digits, CultureInfo.InvariantCulture)));
            return;
        }

        if (digits.Length > Number.MaxDigits)
        {
            throw new TemplateFault($"an integer has at most {Number.MaxDigits} digits, found {digits.Length}", start);
        }

        if (digits.Length > 1 && digits[0] == '0' && digits.AsSpan().ContainsAnyExcept('0'))
        {
            throw new TemplateFault("an integer does not begin with 0 (0o, 0x and 0b are allowed)", start);
        }

        _tokens.Add(new Token(TokenKind.Integer, start, "", BigInteger.Parse(digits, CultureInfo.InvariantCulture)));
    }

    private bool TryReadRadix(int start)
    {
        int bits = char.ToLowerInvariant(Peek(1)) switch { 'x' => 4, 'o' => 3, 'b' => 1, _ => 0 };
        if (Peek() != '0' || bits == 0)
        {
            return false;
        }

        BigInteger value = 0;
        int position = start + 2, digits = 0;
        for (; position < _source.Length && (char.IsAsciiHexDigit(_source[position]) || _source[position] == '_'); position++)
        {
            if (_source[position] == '_')
            {
                continue;
            }

            int digit = Convert.ToInt32(_source[position].ToString(), 16);
            if (digit >= 1 << bits || ++digits > Number.MaxDigits / 2)
            {
                break;
            }

            value = (value << bits) | digit;
        }

        if (digits == 0)
        {
            return false;
        }

        _position = position;
        _tokens.Add(new Token(TokenKind.Integer, start, "", value));
        return true;
    }

    private char Peek(int offset = 0) => _position + offset < _source.Length ? _source[_position + offset] : '\0';

    private void SkipDigits()
    {
        while (char.IsAsciiDigit(Peek()) || (Peek() == '_' && char.IsAsciiDigit(Peek(1))))
        {
            _position++;
        }
    }

    private void ReadString(char quote)
    {
        int start = _position++;
        while (_position < _source.Length && _source[_position] != quote)
        {
            _position += _source[_position] == '\\' ? 2 : 1;
        }

        if (_position >= _source.Length)
        {
            throw new TemplateFault($"the string is not closed; add {quote}", start);
        }

        _tokens.Add(new Token(TokenKind.String, start, StringLiteral.Unescape(_source.AsSpan(start + 1, _position - start - 1), start)));
        _position++;
    }
}
