using Attune.Text.Templates.Builtins;
using Attune.Text.Templates.Expressions;
using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Syntax;

/// <summary>Reads operands: literals, variables and brackets with their subscripts, calls, filters and tests.</summary>
internal sealed class OperandParser(TokenStream tokens, ExpressionParser expressions)
{
    /// <summary>Reads a variable, a literal or an expression in brackets.</summary>
    public Expression ParsePrimary()
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
                Expression inner = expressions.ParseTuple(inParentheses: true);
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

    /// <summary>Reads the attributes, subscripts and calls that follow.</summary>
    public Expression ParsePostfix(Expression target)
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

    /// <summary>Reads the filters, tests and calls of their results that follow.</summary>
    public Expression ParseFiltersAndTests(Expression input)
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
                moreNamed = expressions.Parse();
            }
            else if (more is null && moreNamed is null && tokens.TrySkipOperator("*"))
            {
                more = expressions.Parse();
            }
            else if (moreNamed is null && start.Kind == TokenKind.Name && tokens.Next.IsOperator("="))
            {
                tokens.Take();
                tokens.Take();
                named.Add((start.Text, expressions.Parse()));
            }
            else if (more is null && moreNamed is null && named.Count == 0)
            {
                values.Add(expressions.Parse());
            }
            else
            {
                throw new TemplateFault("values must stand before named values in a call", start.Position);
            }
        }

        tokens.ExpectOperator(")");
        return new ArgumentList([.. values], [.. named], more, moreNamed);
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
            elements.Add(expressions.Parse());
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
            Expression key = expressions.Parse();
            tokens.ExpectOperator(":");
            entries.Add((key, expressions.Parse()));
            if (!tokens.TrySkipOperator(","))
            {
                break;
            }
        }

        tokens.ExpectOperator("}");
        return new DictDisplay(position, [.. entries]);
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
        Expression? start = AtBound() ? null : expressions.Parse();
        if (tokens.TrySkipOperator(":"))
        {
            Expression? stop = AtBound() ? null : expressions.Parse();
            Expression? step = tokens.TrySkipOperator(":") && !AtBound() ? expressions.Parse() : null;
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
            keys.Add(expressions.Parse());
        }

        tokens.ExpectOperator("]");
        return new ItemAccess(position, target, keys.Count == 1 ? start : new TupleDisplay(position, [.. keys]));
    }

    private bool AtBound() => tokens.Current.IsOperator(":") || tokens.Current.IsOperator("]");

    private FilterCall ParseFilter(Expression? input)
    {
        (string name, int position) = ParseDottedName("the name of a filter");
        ArgumentList arguments = tokens.Current.IsOperator("(") ? ParseArguments() : ArgumentList.None;
        if (!KnownFilters.Has(name))
        {
            tokens.UnknownNames.Add(new TemplateFault(KnownFilters.Unknown(name), position));
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

        if (!KnownTests.Has(name))
        {
            tokens.UnknownNames.Add(new TemplateFault(KnownTests.Unknown(name), position));
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
