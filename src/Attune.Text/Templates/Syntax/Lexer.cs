namespace Attune.Text.Templates.Syntax;

/// <summary>Cuts a template into text and tags and the tags into tokens, with <c>trim_blocks</c> and <c>lstrip_blocks</c> on, as chat templates are rendered.</summary>
internal sealed class Lexer
{
    private readonly string _source;
    private readonly List<Token> _tokens = [];
    private readonly TagLexer _tags;
    private int _position;

    private Lexer(string source)
    {
        _source = source;
        _tags = new TagLexer(source, _tokens);
    }

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

    private void ReadTag(int tag, char closing, TokenKind endKind)
    {
        (int end, char sign) = _tags.Read(_position, tag, closing, endKind);
        EndTag(end, sign, trimLineEnd: closing == '%');
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
}
