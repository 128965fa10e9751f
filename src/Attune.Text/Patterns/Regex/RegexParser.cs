using System.Globalization;
using System.Text;
using Attune.Text.Unicode;

namespace Attune.Text.Patterns.Regex;

/// <summary>Reads regular expressions in the syntax of Oniguruma (Ruby), as tokenizer.json spells them.</summary>
internal sealed class RegexParser
{
    private const int MaxDepth = 60;
    private const int MaxRepeatDepth = 4;
    private const int MaxRepeat = 1000;

    private readonly int[] _source;
    private readonly string _text;
    private readonly string _place;
    private int _position;
    private int _depth;
    private bool _ignoreCase;
    private bool _dotMatchesLineFeed;
    private bool _extended;

    private RegexParser(string source, string place)
    {
        _text = source;
        _source = [.. source.EnumerateRunes().Select(rune => rune.Value)];
        _place = place;
    }

    /// <summary>Number of capturing groups.</summary>
    public int CaptureCount { get; private set; }

    /// <summary>Whether what a group matched is matched again.</summary>
    public bool HasBackReferences { get; private set; }

    private bool AtEnd => _position == _source.Length;

    /// <summary>Reads an expression.</summary>
    /// <exception cref="TextException">It cannot be read.</exception>
    public static (RegexNode Node, RegexParser Parser) Parse(string source, string place)
    {
        var parser = new RegexParser(source, place);
        RegexNode node = parser.ParseChoice();
        return parser.AtEnd ? (node, parser) : throw parser.Error("there is a ')' without '('");
    }

    private RegexNode ParseChoice()
    {
        if (++_depth > MaxDepth)
        {
            throw Error($"groups are nested more than {MaxDepth} deep");
        }

        (bool, bool, bool) flags = (_ignoreCase, _dotMatchesLineFeed, _extended);
        List<RegexNode> options = [ParseSequence()];
        while (Take('|'))
        {
            options.Add(ParseSequence());
        }

        (_ignoreCase, _dotMatchesLineFeed, _extended) = flags;
        _depth--;
        return options.Count == 1 ? options[0] : new ChoiceNode(options);
    }

    private SequenceNode ParseSequence()
    {
        var parts = new List<RegexNode>();
        while (!AtEnd && Peek() is not ('|' or ')'))
        {
            if (_extended && SkipExtended())
            {
                continue;
            }

            if (ParseAtom() is { } atom)
            {
                parts.Add(ParseRepeats(atom));
            }
        }

        return new SequenceNode(parts);
    }

    private bool SkipExtended()
    {
        if (CharacterClasses.IsSpace(Peek()))
        {
            _position++;
            return true;
        }

        if (Peek() != '#')
        {
            return false;
        }

        while (!AtEnd && Peek() != '\n')
        {
            _position++;
        }

        return true;
    }

    /// <summary>One part; null for one that only sets options.</summary>
    private RegexNode? ParseAtom()
    {
        int character = Next();
        switch (character)
        {
            case '(':
                return ParseGroup();
            case '[':
                return new SetNode(ParseClass(0).Freeze());
            case '.':
                return new SetNode(Dot().Freeze());
            case '^':
                return new AnchorNode(AnchorKind.LineStart);
            case '$':
                return new AnchorNode(AnchorKind.LineEnd);
            case '\\':
                return ParseEscape();
            case '*' or '+' or '?':
                throw Error($"there is nothing that '{(char)character}' could repeat");
            default:
                return Literal(character);
        }
    }

    private RegexNode ParseRepeats(RegexNode atom)
    {
        for (int nested = 0; !AtEnd; nested++)
        {
            int start = _position;
            (int Min, int? Max)? counts = Next() switch
            {
                '*' => (0, null),
                '+' => (1, null),
                '?' => (0, 1),
                '{' => ParseCounts(),
                _ => null,
            };
            if (counts is null)
            {
                _position = start;
                return atom;
            }

            if (nested > MaxRepeatDepth)
            {
                throw Error($"repetitions are nested more than {MaxRepeatDepth} deep");
            }

            // In this syntax '+' makes *, + and ? possessive, but repeats {n,m} once more.
            bool braces = _source[start] == '{';
            RepeatMode mode = Take('?') ? RepeatMode.Lazy : !braces && Take('+') ? RepeatMode.Possessive : RepeatMode.Greedy;
            atom = new RepeatNode(atom, counts.Value.Min, counts.Value.Max, mode);
        }

        return atom;
    }

    /// <summary>The counts of a repetition in braces; null when the brace is a character.</summary>
    private (int Min, int? Max)? ParseCounts()
    {
        int? min = ParseNumber();
        int? max = min;
        if (Take(','))
        {
            max = ParseNumber();
            if (min is null && max is null)
            {
                return null;
            }
        }

        if (!Take('}') || (min is null && max is null))
        {
            return null;
        }

        if (min > MaxRepeat || max > MaxRepeat || min > max)
        {
            throw Error($"a repetition counts from 0 to {MaxRepeat}, the smaller number first");
        }

        return (min ?? 0, max);
    }

    private int? ParseNumber()
    {
        int? number = null;
        while (!AtEnd && Peek() is >= '0' and <= '9')
        {
            number = Math.Min(((number ?? 0) * 10) + (Next() - '0'), MaxRepeat + 1);
        }

        return number;
    }

    private RegexNode? ParseGroup()
    {
        if (!Take('?'))
        {
            int index = ++CaptureCount;
            return new CaptureNode(ParseBody(), index);
        }

        switch (Next())
        {
            case ':':
                return ParseBody();
            case '=':
                return new LookNode(ParseBody(), Behind: false, Negative: false);
            case '!':
                return new LookNode(ParseBody(), Behind: false, Negative: true);
            case '>':
                return new AtomicNode(ParseBody());
            case '#':
                while (Next() != ')')
                {
                }

                return null;
            case '<' when Take('='):
                return ParseLookBehind(negative: false);
            case '<' when Take('!'):
                return ParseLookBehind(negative: true);
            case '<':
                while (Next() != '>')
                {
                }

                int index = ++CaptureCount;
                return new CaptureNode(ParseBody(), index);
            default:
                _position--;
                return ParseOptions();
        }
    }

    private LookNode ParseLookBehind(bool negative)
    {
        RegexNode body = ParseBody();
        return body.MaxWidth is <= MaxRepeat
            ? new LookNode(body, Behind: true, negative)
            : throw Error("a look-behind needs a limited width");
    }

    private RegexNode? ParseOptions()
    {
        bool on = true;
        (bool, bool, bool) before = (_ignoreCase, _dotMatchesLineFeed, _extended);
        while (true)
        {
            switch (Next())
            {
                case 'i':
                    _ignoreCase = on;
                    break;
                case 'm' or 's':
                    _dotMatchesLineFeed = on;
                    break;
                case 'x':
                    _extended = on;
                    break;
                case '-':
                    on = false;
                    break;
                case ')':
                    return null;
                case ':':
                    RegexNode body = ParseBody();
                    (_ignoreCase, _dotMatchesLineFeed, _extended) = before;
                    return body;
                default:
                    throw Error("the group starts with an unknown option");
            }
        }
    }

    private RegexNode ParseBody()
    {
        RegexNode body = ParseChoice();
        return Take(')') ? body : throw Error("a ')' is missing");
    }

    private RegexNode ParseEscape()
    {
        int character = Next();
        switch (character)
        {
            case 'A':
                return new AnchorNode(AnchorKind.TextStart);
            case 'z':
                return new AnchorNode(AnchorKind.TextEnd);
            case 'Z':
                return new AnchorNode(AnchorKind.TextEndOrLastLine);
            case 'b':
                return new AnchorNode(AnchorKind.WordBoundary);
            case 'B':
                return new AnchorNode(AnchorKind.NoWordBoundary);
            case >= '1' and <= '9':
                int index = character - '0';
                HasBackReferences = true;
                return index <= CaptureCount ? new BackReferenceNode(index) : throw Error($"there is no group {index} before '\\{index}'");
        }

        var set = new CharacterSet { IgnoreCase = _ignoreCase };
        AddEscape(character, set);
        return new SetNode(set.Freeze());
    }

    /// <summary>Adds what an escape stands for; gives its code point when it is a single one, else -1.</summary>
    private int AddEscape(int escape, CharacterSet set)
    {
        if (escape is 'p' or 'P')
        {
            AddProperty(negated: escape == 'P', set);
            return -1;
        }

        if (escape is 's' or 'S' or 'd' or 'D' or 'w' or 'W' or 'h' or 'H')
        {
            var named = new CharacterSet { IsNegated = escape is 'S' or 'D' or 'W' or 'H' };
            CharacterProperties.TryAdd((escape | 0x20) switch { 's' => "space", 'd' => "nd", 'w' => "word", _ => "xdigit" }, named);
            set.AddSet(named.Freeze());
            return -1;
        }

        int codePoint = escape switch
        {
            'n' => '\n',
            'r' => '\r',
            't' => '\t',
            'f' => '\f',
            'v' => '\v',
            'a' => '\a',
            'e' => 0x1B,
            '0' => 0,
            'x' => ParseHex(Take('{') ? 0 : 2),
            'u' => ParseHex(Take('{') ? 0 : 4),
            (>= 'a' and <= 'z') or (>= 'A' and <= 'Z') or (>= '1' and <= '9') => throw Error($"the escape '\\{(char)escape}' is not known"),
            _ => escape,
        };
        set.AddRange(codePoint, codePoint);
        return codePoint;
    }

    /// <summary>A number of so many hexadecimal digits; 0 for all up to a closing brace.</summary>
    private int ParseHex(int digits)
    {
        var text = new StringBuilder();
        while (!AtEnd && (digits == 0 ? Peek() != '}' : text.Length < digits))
        {
            text.Append(char.ConvertFromUtf32(Next()));
        }

        if (digits == 0)
        {
            Next();
        }

        return int.TryParse(text.ToString(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out int value) && value is >= 0 and <= 0x10FFFF
            ? value
            : throw Error($"'{text}' is not the hexadecimal number of a character");
    }

    private void AddProperty(bool negated, CharacterSet set)
    {
        var name = new StringBuilder();
        if (Take('{'))
        {
            negated ^= Take('^');
            while (Peek() != '}')
            {
                name.Append(char.ConvertFromUtf32(Next()));
            }

            Next();
        }
        else
        {
            name.Append(char.ConvertFromUtf32(Next()));
        }

        var property = new CharacterSet { IsNegated = negated };
        if (!CharacterProperties.TryAdd(name.ToString(), property))
        {
            throw Error($"the character property '{name}' is not known; known are {CharacterProperties.Names}");
        }

        set.AddSet(property.Freeze());
    }

    private CharacterSet ParseClass(int depth)
    {
        if (depth > MaxDepth)
        {
            throw Error($"character classes are nested more than {MaxDepth} deep");
        }

        var set = new CharacterSet { IsNegated = Take('^'), IgnoreCase = _ignoreCase };
        CharacterSet current = set;
        bool first = true;
        while (first || Peek() != ']')
        {
            first = false;
            int character = Next();
            if (character == '[')
            {
                if (!AtEnd && Peek() == ':' && ParsePosix(current))
                {
                    continue;
                }

                current.AddSet(ParseClass(depth + 1).Freeze());
            }
            else if (character == '&' && Peek() == '&')
            {
                Next();
                current = new CharacterSet { IgnoreCase = _ignoreCase };
                set.Intersect(current);
            }
            else
            {
                AddClassItem(character, current);
            }
        }

        Next();
        return set;
    }

    private void AddClassItem(int character, CharacterSet set)
    {
        int low = ReadClassCharacter(character, set);
        if (low < 0 || Peek() != '-' || _position + 1 >= _source.Length || _source[_position + 1] == ']')
        {
            if (low >= 0)
            {
                set.AddRange(low, low);
            }

            return;
        }

        Next();
        int high = ReadClassCharacter(Next(), set);
        if (high < low)
        {
            throw Error("a range of characters starts above its end");
        }

        set.AddRange(low, high);
    }

    private int ReadClassCharacter(int character, CharacterSet set)
    {
        if (character != '\\')
        {
            return character;
        }

        int escape = Next();
        return escape == 'b' ? '\b' : AddEscape(escape, set);
    }

    private bool ParsePosix(CharacterSet set)
    {
        int start = _position;
        Next();
        bool negated = Take('^');
        var name = new StringBuilder();
        while (!AtEnd && Peek() is (>= 'a' and <= 'z'))
        {
            name.Append((char)Next());
        }

        var named = new CharacterSet { IsNegated = negated };
        string property = name.ToString() switch { "alpha" => "l", "upper" => "lu", "lower" => "ll", var other => other };
        if (Take(':') && Take(']') && CharacterProperties.TryAdd(property, named))
        {
            set.AddSet(named.Freeze());
            return true;
        }

        _position = start;
        return false;
    }

    private SetNode Literal(int codePoint)
    {
        var set = new CharacterSet { IgnoreCase = _ignoreCase };
        set.AddRange(codePoint, codePoint);
        return new SetNode(set.Freeze());
    }

    private CharacterSet Dot()
    {
        var set = new CharacterSet { IsNegated = true };
        if (!_dotMatchesLineFeed)
        {
            set.AddRange('\n', '\n');
        }

        return set;
    }

    private int Peek() => AtEnd ? throw Error("it ends too early") : _source[_position];

    private int Next()
    {
        int character = Peek();
        _position++;
        return character;
    }

    private bool Take(int character)
    {
        if (AtEnd || _source[_position] != character)
        {
            return false;
        }

        _position++;
        return true;
    }

    private TextException Error(string message) => new($"{_place}: the regular expression '{_text}' cannot be read: {message} (at character {_position})");
}
