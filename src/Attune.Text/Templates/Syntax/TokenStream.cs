namespace Attune.Text.Templates.Syntax;

/// <summary>The tokens of a template with a place in them, and what the parsers know about the constructs around that place.</summary>
internal sealed class TokenStream(List<Token> tokens)
{
    private const int MaxNesting = 200;

    private readonly List<HashSet<string>> _usedNames = [];
    private int _position;
    private int _nesting;

    public Token Current => tokens[_position];

    public Token Next => tokens[Math.Min(_position + 1, tokens.Count - 1)];

    /// <summary>
    /// Filters and tests that do not exist. They are an error at once, except under an <c>if</c>, which takes out what was added below it:
    /// templates may guard what only other engines know, and what is evaluated after all fails then.
    /// </summary>
    public List<TemplateFault> UnknownNames { get; } = [];

    /// <summary>Gives the current token and goes on.</summary>
    public Token Take()
    {
        Token token = Current;
        _position = Math.Min(_position + 1, tokens.Count - 1);
        return token;
    }

    public bool TrySkipOperator(string text) => TrySkip(Current.IsOperator(text));

    public bool TrySkipName(string text) => TrySkip(Current.IsName(text));

    public void ExpectOperator(string text)
    {
        if (!TrySkipOperator(text))
        {
            throw Unexpected($"'{text}'");
        }
    }

    public void ExpectName(string text)
    {
        if (!TrySkipName(text))
        {
            throw Unexpected($"'{text}'");
        }
    }

    public Token Expect(TokenKind kind, string description) => Current.Kind == kind ? Take() : throw Unexpected(description);

    public TemplateFault Unexpected(string expected) => new($"expected {expected}, found {Current.Description}", Current.Position);

    /// <summary>Enters a level of nesting; <see cref="Leave"/> ends it.</summary>
    public void Enter()
    {
        if (++_nesting > MaxNesting || !System.Runtime.CompilerServices.RuntimeHelpers.TryEnsureSufficientExecutionStack())
        {
            throw new TemplateFault($"expressions and blocks are nested more than {MaxNesting} deep", Current.Position);
        }
    }

    public void Leave() => _nesting--;

    /// <summary>Forgets the unknown names that were found after the first so many.</summary>
    public void ForgiveUnknownNames(int kept) => UnknownNames.RemoveRange(kept, UnknownNames.Count - kept);

    /// <summary>Starts to collect the variables that are mentioned, until <see cref="EndUses"/>.</summary>
    public HashSet<string> BeginUses()
    {
        _usedNames.Add([]);
        return _usedNames[^1];
    }

    public void EndUses() => _usedNames.RemoveAt(_usedNames.Count - 1);

    /// <summary>Notes that a variable is mentioned.</summary>
    public void Use(string name)
    {
        if (name is "loop" or "caller" or "varargs" or "kwargs")
        {
            _usedNames.ForEach(names => names.Add(name));
        }
    }

    private bool TrySkip(bool matches)
    {
        if (matches)
        {
            Take();
        }

        return matches;
    }
}
