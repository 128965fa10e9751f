using Attune.Text.Templates.Expressions;

namespace Attune.Text.Templates.Syntax;

/// <summary>Reads expressions, from the weakest operator (<c>if</c>) to the strongest (signs).</summary>
internal sealed class ExpressionParser
{
    private readonly TokenStream _tokens;

    public ExpressionParser(TokenStream tokens)
    {
        _tokens = tokens;
        Operands = new OperandParser(tokens, this);
    }

    /// <summary>Reads what the operators stand between.</summary>
    public OperandParser Operands { get; }

    /// <summary>Reads an expression; <paramref name="allowIf"/> says whether <c>a if b else c</c> may stand here.</summary>
    public Expression Parse(bool allowIf = true)
    {
        _tokens.Enter();
        Expression result = allowIf ? ParseConditional() : ParseOr();
        _tokens.Leave();
        return result;
    }

    /// <summary>Reads <c>a</c> or <c>a, b</c>, which is a tuple; <paramref name="end"/> is a word that ends it beside the end of the tag.</summary>
    public Expression ParseTuple(bool allowIf = true, string? end = null, bool inParentheses = false)
    {
        int position = _tokens.Current.Position;
        var elements = new List<Expression>();
        bool isTuple = false;
        while (!EndsTuple(end))
        {
            elements.Add(Parse(allowIf));
            if (!_tokens.TrySkipOperator(","))
            {
                break;
            }

            isTuple = true;
        }

        return isTuple || (elements.Count == 0 && inParentheses) ? new TupleDisplay(position, [.. elements])
            : elements.Count == 1 ? elements[0]
            : throw _tokens.Unexpected("an expression");
    }

    private bool EndsTuple(string? end) =>
        _tokens.Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd || _tokens.Current.IsOperator(")") || (end is not null && _tokens.Current.IsName(end));

    private Expression ParseConditional()
    {
        int unknown = _tokens.UnknownNames.Count;
        Expression result = ParseOr();
        while (_tokens.Current.IsName("if"))
        {
            int position = _tokens.Take().Position;
            Expression test = ParseOr();
            Expression? otherwise = _tokens.TrySkipName("else") ? Parse() : null;
            _tokens.ForgiveUnknownNames(unknown);
            result = new Conditional(position, test, result, otherwise);
        }

        return result;
    }

    private Expression ParseOr()
    {
        Expression left = ParseAnd();
        while (_tokens.Current.IsName("or"))
        {
            left = new Or(_tokens.Take().Position, left, ParseAnd());
        }

        return left;
    }

    private Expression ParseAnd()
    {
        Expression left = ParseNot();
        while (_tokens.Current.IsName("and"))
        {
            left = new And(_tokens.Take().Position, left, ParseNot());
        }

        return left;
    }

    private Expression ParseNot()
    {
        if (!_tokens.Current.IsName("not"))
        {
            return ParseComparison();
        }

        int position = _tokens.Take().Position;
        _tokens.Enter();
        Expression operand = ParseNot();
        _tokens.Leave();
        return new Not(position, operand);
    }

    private Expression ParseComparison()
    {
        Expression first = ParseSum();
        int position = _tokens.Current.Position;
        var rest = new List<(string, Expression)>();
        while (true)
        {
            Token token = _tokens.Current;
            if (token.Kind == TokenKind.Operator && token.Text is "==" or "!=" or "<" or "<=" or ">" or ">=")
            {
                _tokens.Take();
                rest.Add((token.Text, ParseSum()));
            }
            else if (_tokens.TrySkipName("in"))
            {
                rest.Add(("in", ParseSum()));
            }
            else if (token.IsName("not") && _tokens.Next.IsName("in"))
            {
                _tokens.Take();
                _tokens.Take();
                rest.Add(("not in", ParseSum()));
            }
            else
            {
                return rest.Count == 0 ? first : new ComparisonChain(position, first, [.. rest]);
            }
        }
    }

    private Expression ParseSum() => ParseBinary(ParseConcatenation, "+", "-");

    private Expression ParseConcatenation()
    {
        int position = _tokens.Current.Position;
        var operands = new List<Expression> { ParseProduct() };
        while (_tokens.TrySkipOperator("~"))
        {
            operands.Add(ParseProduct());
        }

        return operands.Count == 1 ? operands[0] : new Concatenation(position, [.. operands]);
    }

    private Expression ParseProduct() => ParseBinary(ParsePower, "*", "/", "//", "%");

    // From the left, as Jinja does, unlike Python: 2 ** 3 ** 2 is 64.
    private Expression ParsePower() => ParseBinary(ParseUnary, "**");

    private Expression ParseBinary(Func<Expression> operand, params ReadOnlySpan<string> symbols)
    {
        Expression left = operand();
        while (_tokens.Current.Kind == TokenKind.Operator && symbols.Contains(_tokens.Current.Text))
        {
            Token symbol = _tokens.Take();
            left = new BinaryOperator(symbol.Position, symbol.Text, left, operand());
        }

        return left;
    }

    private Expression ParseUnary() => ParseUnary(allowFilters: true);

    // A sign binds weaker than subscripts and stronger than filters: -1 | abs is 1.
    private Expression ParseUnary(bool allowFilters)
    {
        _tokens.Enter();
        Token token = _tokens.Current;
        Expression result;
        if (token.IsOperator("-") || token.IsOperator("+"))
        {
            _tokens.Take();
            result = new Sign(token.Position, token.Text == "-", ParseUnary(allowFilters: false));
        }
        else
        {
            result = Operands.ParsePrimary();
        }

        result = Operands.ParsePostfix(result);
        result = allowFilters ? Operands.ParseFiltersAndTests(result) : result;
        _tokens.Leave();
        return result;
    }
}
