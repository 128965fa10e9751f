using Attune.Text.Templates.Builtins;
using Attune.Text.Templates.Expressions;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Syntax;

/// <summary>Reads expressions, from the weakest binding (<c>if</c>) to the strongest (subscripts, calls and filters).</summary>
internal sealed class ExpressionParser(TokenStream tokens)
{
    /// <summary>Reads an expression; <paramref name="allowIf"/> says whether <c>a if b else c</c> may stand here.</summary>
    public Expression Parse(bool allowIf = true)
    {
        tokens.Enter();
        Expression result = allowIf ? ParseConditional() : ParseOr();
        tokens.Leave();
        return result;
    }

    /// <summary>Reads <c>a</c> or <c>a, b</c>, which is a tuple; <paramref name="end"/> is a word that ends it beside the end of the tag.</summary>
    public Expression ParseTuple(bool allowIf = true, string? end = null, bool inParentheses = false)
    {
        int position = tokens.Current.Position;
        var elements = new List<Expression>();
        bool isTuple = false;
        while (!EndsTuple(end))
        {
            elements.Add(Parse(allowIf));
            if (!tokens.TrySkipOperator(","))
            {
                break;
            }

            isTuple = true;
        }

        return isTuple || (elements.Count == 0 && inParentheses) ? new TupleDisplay(position, [.. elements])
            : elements.Count == 1 ? elements[0]
            : throw tokens.Unexpected("an expression");
    }

    /// <summary>Reads <c>| name(...)</c> as often as it stands here; at least the name when <paramref name="first"/> is set.</summary>
    public FilterCall[] ParseFilters(bool first)
    {
        var filters = new List<FilterCall>();
        while (first || tokens.TrySkipOperator("|"))
        {
            first = false;
            filters.Add(ParseFilter(null));
        }

        return [.. filters];
    }

    /// <summary>Reads <c>(...)</c> of a call.</summary>
    public ArgumentList ParseArguments()
    {
        tokens.ExpectOperator("(");
        var values = new List<Expression>();
        var named = new List<(string, Expression)>();
        Expression? more = null, moreNamed = null;
        for (bool first = true; !tokens.Current.IsOperator(")"); first = false)
        {
            if (!first)
            {
                tokens.ExpectOperator(",");
                if (tokens.Current.IsOperator(")"))
                {
                    break;
                }
            }

            Token start = tokens.Current;
            if (moreNamed is null && tokens.TrySkipOperator("**"))
            {
                moreNamed = Parse();
            }
            else if (more is null && moreNamed is null && tokens.TrySkipOperator("*"))
            {
                more = Parse();
            }
            else if (moreNamed is null && start.Kind == TokenKind.Name && tokens.Next.IsOperator("="))
            {
                tokens.Take();
                tokens.Take();
                named.Add((start.Text, Parse()));
            }
            else if (more is null && moreNamed is null && named.Count == 0)
            {
                values.Add(Parse());
            }
            else
            {
                throw new TemplateFault("values must stand before named values in a call", start.Position);
            }
        }

        tokens.ExpectOperator(")");
        return new ArgumentList([.. values], [.. named], more, moreNamed);
    }

    private bool EndsTuple(string? end) =>
        tokens.Current.Kind is TokenKind.VariableEnd or TokenKind.BlockEnd || tokens.Current.IsOperator(")") || (end is not null && tokens.Current.IsName(end));

    private Expression ParseConditional()
    {
        Expression result = ParseOr();
        while (tokens.Current.IsName("if"))
        {
            int position = tokens.Take().Position;
            tokens.Conditions++;
            Expression test = ParseOr();
            Expression? otherwise = tokens.TrySkipName("else") ? Parse() : null;
            tokens.Conditions--;
            result = new Conditional(position, test, result, otherwise);
        }

        return result;
    }

    private Expression ParseOr()
    {
        Expression left = ParseAnd();
        while (tokens.Current.IsName("or"))
        {
            left = new Or(tokens.Take().Position, left, ParseAnd());
        }

        return left;
    }

    private Expression ParseAnd()
    {
        Expression left = ParseNot();
        while (tokens.Current.IsName("and"))
        {
            left = new And(tokens.Take().Position, left, ParseNot());
        }

        return left;
    }

    private Expression ParseNot()
    {
        if (!tokens.Current.IsName("not"))
        {
            return ParseComparison();
        }

        int position = tokens.Take().Position;
        tokens.Enter();
        Expression operand = ParseNot();
        tokens.Leave();
        return new Not(position, operand);
    }

    private Expression ParseComparison()
    {
        Expression first = ParseSum();
        int position = tokens.Current.Position;
        var rest = new List<(string, Expression)>();
        while (true)
        {
            Token token = tokens.Current;
            if (token.Kind == TokenKind.Operator && token.Text is "==" or "!=" or "<" or "<=" or ">" or ">=")
            {
                tokens.Take();
                rest.Add((token.Text, ParseSum()));
            }
            else if (tokens.TrySkipName("in"))
            {
                rest.Add(("in", ParseSum()));
            }
            else if (token.IsName("not") && tokens.Next.IsName("in"))
            {
                tokens.Take();
                tokens.Take();
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
        int position = tokens.Current.Position;
        var operands = new List<Expression> { ParseProduct() };
        while (tokens.TrySkipOperator("~"))
        {
            operands.Add(ParseProduct());
        }

        return operands.Count == 1 ? operands[0] : new Concatenation(position, [.. operands]);
    }

    private Expression ParseProduct() => ParseBinary(ParsePower, "*", "/", "//", "%");

    // From the left, as Jinja does, unlike Python: 2 ** 3 ** 2 is 64.
    private Expression ParsePower() => ParseBinary(() => ParseUnary(), "**");

    private Expression ParseBinary(Func<Expression> operand, params ReadOnlySpan<string> symbols)
    {
        Expression left = operand();
        while (tokens.Current.Kind == TokenKind.Operator && symbols.Contains(tokens.Current.Text))
        {
            Token symbol = tokens.Take();
            left = new BinaryOperator(symbol.Position, symbol.Text, left, operand());
        }

        return left;
    }

    // A sign binds weaker than subscripts and stronger than filters: -1 | abs is 1.
    private Expression ParseUnary(bool allowFilters = true)
    {
        tokens.Enter();
        Token token = tokens.Current;
        Expression result;
        if (token.IsOperator("-") || token.IsOperator("+"))
        {
            tokens.Take();
            result = new Sign(token.Position, token.Text == "-", ParseUnary(allowFilters: false));
        }
        else
        {
            result = ParsePrimary();
        }

        result = ParsePostfix(result);
        result = allowFilters ? ParseFiltersAndTests(result) : result;
        tokens.Leave();
        return result;
    }

    private Expression ParsePrimary()
    {
        Token token = tokens.Take();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return ParseName(token);
            case TokenKind.String:
                string text = token.Text;
                while (tokens.Current.Kind == TokenKind.String)
                {
                    text += tokens.Take().Text;
                }

                return new Literal(token.Position, new StringValue(text));
            case TokenKind.Integer:
                return new Literal(token.Position, IntValue.Of(token.Integer));
            case TokenKind.Float:
                return new Literal(token.Position, new FloatValue(token.Float));
            case TokenKind.Operator when token.Text == "(":
                Expression inner = ParseTuple(inParentheses: true);
                tokens.ExpectOperator(")");
                return inner;
            case TokenKind.Operator when token.Text == "[":
                return ParseList(token.Position);
            case TokenKind.Operator when token.Text == "{":
                return ParseDict(token.Position);
            default:
                throw new TemplateFault($"expected an expression, found {token.Description}", token.Position);
        }
    }

    private Expression ParseName(Token token)
    {
        switch (token.Text)
        {
            case "true" or "True":
                return new Literal(token.Position, BoolValue.True);
            case "false" or "False":
                return new Literal(token.Position, BoolValue.False);
            case "none" or "None":
                return new Literal(token.Position, NoneValue.Instance);
            default:
                tokens.Use(token.Text);
                return new Name(token.Position, token.Text);
        }
    }

    private ListDisplay ParseList(int position)
    {
        var elements = new List<Expression>();
        while (!tokens.Current.IsOperator("]"))
        {
            elements.Add(Parse());
            if (!tokens.TrySkipOperator(","))
            {
                break;
            }
        }

        tokens.ExpectOperator("]");
        return new ListDisplay(position, [.. elements]);
    }

    private DictDisplay ParseDict(int position)
    {
        var entries = new List<(Expression, Expression)>();
        while (!tokens.Current.IsOperator("}"))
        {
            Expression key = Parse();
            tokens.ExpectOperator(":");
            entries.Add((key, Parse()));
            if (!tokens.TrySkipOperator(","))
            {
                break;
            }
        }

        tokens.ExpectOperator("}");
        return new DictDisplay(position, [.. entries]);
    }

    private Expression ParsePostfix(Expression target)
    {
        while (true)
        {
            Token token = tokens.Current;
            if (token.IsOperator("."))
            {
                target = ParseAttribute(target);
            }
            else if (token.IsOperator("["))
            {
                target = ParseSubscript(target);
            }
            else if (token.IsOperator("("))
            {
                target = new Call(token.Position, target, ParseArguments());
            }
            else
            {
                return target;
            }
        }
    }

    private Expression ParseAttribute(Expression target)
    {
        int position = tokens.Take().Position;
        Token name = tokens.Current;
        return name.Kind switch
        {
            TokenKind.Name => new AttributeAccess(position, target, tokens.Take().Text),
            TokenKind.Integer => new ItemAccess(position, target, new Literal(name.Position, IntValue.Of(tokens.Take().Integer))),
            _ => throw tokens.Unexpected("a name or number after '.'"),
        };
    }

    private Expression ParseSubscript(Expression target)
    {
        int position = tokens.Take().Position;
        Expression? start = AtBound() ? null : Parse();
        if (tokens.TrySkipOperator(":"))
        {
            Expression? stop = AtBound() ? null : Parse();
            Expression? step = tokens.TrySkipOperator(":") && !AtBound() ? Parse() : null;
            tokens.ExpectOperator("]");
            return new Slice(position, target, start, stop, step);
        }

        if (start is null)
        {
            throw tokens.Unexpected("a subscript");
        }

        var keys = new List<Expression> { start };
        while (tokens.TrySkipOperator(","))
        {
            keys.Add(Parse());
        }

        tokens.ExpectOperator("]");
        return new ItemAccess(position, target, keys.Count == 1 ? start : new TupleDisplay(position, [.. keys]));
    }

    private bool AtBound() => tokens.Current.IsOperator(":") || tokens.Current.IsOperator("]");

    private Expression ParseFiltersAndTests(Expression input)
    {
        while (true)
        {
            Token token = tokens.Current;
            if (tokens.TrySkipOperator("|"))
            {
                input = ParseFilter(input);
            }
            else if (tokens.TrySkipName("is"))
            {
                input = ParseTest(input);
            }
            else if (token.IsOperator("("))
            {
                input = new Call(token.Position, input, ParseArguments());
            }
            else
            {
                return input;
            }
        }
    }

    private FilterCall ParseFilter(Expression? input)
    {
        (string name, int position) = ParseDottedName("the name of a filter");
        ArgumentList arguments = tokens.Current.IsOperator("(") ? ParseArguments() : ArgumentList.None;
        if (tokens.Conditions == 0 && !KnownFilters.Has(name))
        {
            throw new TemplateFault(KnownFilters.Unknown(name), position);
        }

        return new FilterCall(position, input, name, arguments);
    }

    private Expression ParseTest(Expression input)
    {
        Token negation = tokens.Current;
        bool negated = tokens.TrySkipName("not");
        (string name, int position) = ParseDottedName("the name of a test");
        ArgumentList arguments = ArgumentList.None;
        if (tokens.Current.IsOperator("("))
        {
            arguments = ParseArguments();
        }
        else if (StartsTestArgument())
        {
            if (tokens.Current.IsName("is"))
            {
                throw new TemplateFault("tests cannot be chained with 'is'; join them with 'and'", tokens.Current.Position);
            }

            arguments = new ArgumentList([ParsePostfix(ParsePrimary())], [], null, null);
        }

        if (tokens.Conditions == 0 && !KnownTests.Has(name))
        {
            throw new TemplateFault(KnownTests.Unknown(name), position);
        }

        var test = new TestCall(position, input, name, arguments);
        return negated ? new Not(negation.Position, test) : test;
    }

    private bool StartsTestArgument() => tokens.Current switch
    {
        { Kind: TokenKind.Name, Text: "else" or "or" or "and" or "if" } => false,
        { Kind: TokenKind.Name or TokenKind.String or TokenKind.Integer or TokenKind.Float } => true,
        var token => token.IsOperator("[") || token.IsOperator("{"),
    };

    private (string Name, int Position) ParseDottedName(string description)
    {
        Token token = tokens.Expect(TokenKind.Name, description);
        string name = token.Text;
        while (tokens.TrySkipOperator("."))
        {
            name += "." + tokens.Expect(TokenKind.Name, description).Text;
        }

        return (name, token.Position);
    }
}
