using Attune.Text.Templates.Expressions;
using Attune.Text.Templates.Statements;

namespace Attune.Text.Templates.Syntax;

/// <summary>Reads the statements of a template.</summary>
internal sealed class Parser
{
    private readonly TokenStream _tokens;
    private readonly ExpressionParser _expressions;
    private readonly TargetParser _targets;
    private readonly Dictionary<string, BlockStatement> _blocks = new(StringComparer.Ordinal);
    private int _loops;

    private Parser(List<Token> tokens)
    {
        _tokens = new TokenStream(tokens);
        _expressions = new ExpressionParser(_tokens);
        _targets = new TargetParser(_tokens);
    }

    /// <summary>Reads a normalised source.</summary>
    public static (Statement[] Body, IReadOnlyDictionary<string, BlockStatement> Blocks) Parse(string source)
    {
        var parser = new Parser(Lexer.Tokenize(source));
        Statement[] body = parser.ParseBody([], "the template", 0);
        return parser._tokens.UnknownNames is [var first, ..] ? throw first : (body, parser._blocks);
    }

    /// <summary>Reads statements up to a tag of one of these names, whose name becomes the next token.</summary>
    private Statement[] ParseBody(string[] ends, string owner, int ownerPosition)
    {
        _tokens.Enter();
        var body = new List<Statement>();
        while (true)
        {
            Token token = _tokens.Current;
            switch (token.Kind)
            {
                case TokenKind.Data:
                    body.Add(new TextStatement(_tokens.Take().Text));
                    break;
                case TokenKind.VariableBegin:
                    _tokens.Take();
                    body.Add(new PrintStatement(_expressions.ParseTuple()));
                    _tokens.Expect(TokenKind.VariableEnd, "'}}'");
                    break;
                case TokenKind.BlockBegin:
                    _tokens.Take();
                    if (_tokens.Current.Kind == TokenKind.Name && ends.Contains(_tokens.Current.Text))
                    {
                        _tokens.Leave();
                        return [.. body];
                    }

                    body.Add(ParseStatement(ends, owner));
                    break;
                case TokenKind.EndOfTemplate when ends.Length == 0:
                    _tokens.Leave();
                    return [.. body];
                default:
                    throw new TemplateFault($"{owner} is not closed; expected {Tags(ends)}, found {token.Description}", ownerPosition);
            }
        }
    }

    private Statement ParseStatement(string[] ends, string owner)
    {
        Token tag = _tokens.Expect(TokenKind.Name, "the name of a tag");
        Statement statement = tag.Text switch
        {
            "if" => ParseIf(tag),
            "for" => ParseFor(tag),
            "set" => ParseSet(tag),
            "with" => ParseWith(tag),
            "macro" => ParseMacro(tag),
            "call" => ParseCall(tag),
            "filter" => new FilterBlock(_expressions.Operands.ParseFilters(first: true), ParseToEnd(tag)),
            "generation" => new GenerationBlock(ParseFunctionBody(tag)),
            "autoescape" => new AutoEscapeBlock(_expressions.Parse(), ParseToEnd(tag)),
            "block" => ParseBlock(tag),
            "print" => ParsePrint(),
            "break" or "continue" when _loops == 0 => throw new TemplateFault($"'{tag.Text}' stands outside of a loop", tag.Position),
            "break" => new LoopControl(Flow.Break),
            "continue" => new LoopControl(Flow.Continue),
            "include" or "import" or "from" or "extends" => throw new TemplateFault($"'{tag.Text}' is not allowed: a chat template stands alone and cannot load another file", tag.Position),
            _ => throw new TemplateFault($"unknown tag '{tag.Text}'" + (ends.Length == 0 ? "" : $"; {owner} is open and expects {Tags(ends)}"), tag.Position),
        };
        EndTag();
        return statement;
    }

    private void EndTag() => _tokens.Expect(TokenKind.BlockEnd, "'%}'");

    private static string Tags(string[] names) => string.Join(" or ", names.Select(name => $"'{{% {name} %}}'"));

    /// <summary>Reads the rest of an opening tag and the body up to its <c>end...</c> tag, which is left for its own end to be read.</summary>
    private Statement[] ParseToEnd(Token tag)
    {
        EndTag();
        string end = "end" + tag.Text;
        Statement[] body = ParseBody([end], $"'{{% {tag.Text} %}}'", tag.Position);
        _tokens.ExpectName(end);
        return body;
    }

    /// <summary>The same for a body that runs on its own, out of reach of the loops around it.</summary>
    private Statement[] ParseFunctionBody(Token tag)
    {
        int loops = _loops;
        _loops = 0;
        Statement[] body = ParseToEnd(tag);
        _loops = loops;
        return body;
    }

    private IfStatement ParseIf(Token tag)
    {
        var branches = new List<(Expression, Statement[])>();
        Statement[] otherwise = [];
        int unknown = _tokens.UnknownNames.Count;
        string end;
        do
        {
            Expression test = _expressions.ParseTuple(allowIf: false);
            EndTag();
            branches.Add((test, ParseBody(["elif", "else", "endif"], "'{% if %}'", tag.Position)));
            end = _tokens.Take().Text;
        }
        while (end == "elif");

        if (end == "else")
        {
            EndTag();
            otherwise = ParseBody(["endif"], "'{% if %}'", tag.Position);
            _tokens.Take();
        }

        _tokens.ForgiveUnknownNames(unknown);
        return new IfStatement([.. branches], otherwise);
    }

    private ForStatement ParseFor(Token tag)
    {
        Target target = _targets.Parse(end: "in");
        _tokens.ExpectName("in");
        Expression items = _expressions.ParseTuple(allowIf: false, end: "recursive");
        Expression? test = _tokens.TrySkipName("if") ? _expressions.Parse() : null;
        bool recursive = _tokens.TrySkipName("recursive");
        EndTag();

        HashSet<string> uses = _tokens.BeginUses();
        _loops++;
        Statement[] body = ParseBody(["else", "endfor"], "'{% for %}'", tag.Position);
        _loops--;
        _tokens.EndUses();

        Statement[] otherwise = [];
        if (_tokens.Take().Text == "else")
        {
            EndTag();
            otherwise = ParseBody(["endfor"], "'{% for %}'", tag.Position);
            _tokens.Take();
        }

        return new ForStatement(target, items, test, recursive, uses.Contains("loop"), body, otherwise);
    }

    private Statement ParseSet(Token tag)
    {
        Target target = _targets.Parse(allowNamespace: true);
        if (_tokens.TrySkipOperator("="))
        {
            return new SetStatement(target, _expressions.ParseTuple());
        }

        FilterCall[] filters = _expressions.Operands.ParseFilters(first: false);
        return new SetBlock(target, filters, ParseToEnd(tag));
    }

    private WithStatement ParseWith(Token tag)
    {
        var assignments = new List<(Target, Expression)>();
        while (_tokens.Current.Kind != TokenKind.BlockEnd)
        {
            if (assignments.Count > 0)
            {
                _tokens.ExpectOperator(",");
            }

            Target target = _targets.ParseOne();
            _tokens.ExpectOperator("=");
            assignments.Add((target, _expressions.Parse()));
        }

        return new WithStatement([.. assignments], ParseToEnd(tag));
    }

    private MacroStatement ParseMacro(Token tag)
    {
        string name = _targets.ParseName();
        return new MacroStatement(ParseDefinition(tag, name, ParseParameters()));
    }

    private CallBlock ParseCall(Token tag)
    {
        (string, Expression?)[] parameters = _tokens.Current.IsOperator("(") ? ParseParameters() : [];
        int position = _tokens.Current.Position;
        Call call = _expressions.Parse() as Call ?? throw new TemplateFault("'{% call %}' needs the call of a macro", position);
        return new CallBlock(call, ParseDefinition(tag, "caller", parameters));
    }

    private MacroDefinition ParseDefinition(Token tag, string name, (string, Expression?)[] parameters)
    {
        HashSet<string> uses = _tokens.BeginUses();
        Statement[] body = ParseFunctionBody(tag);
        _tokens.EndUses();
        return new MacroDefinition(name, parameters, uses, body);
    }

    private (string Name, Expression? Default)[] ParseParameters()
    {
        _tokens.ExpectOperator("(");
        var parameters = new List<(string Name, Expression? Default)>();
        while (!_tokens.Current.IsOperator(")"))
        {
            if (parameters.Count > 0)
            {
                _tokens.ExpectOperator(",");
            }

            int position = _tokens.Current.Position;
            string name = _targets.ParseName();
            Expression? fallback = _tokens.TrySkipOperator("=") ? _expressions.Parse() : null;
            if (fallback is null && parameters is [.., { Default: not null }])
            {
                throw new TemplateFault($"the parameter '{name}' needs a default, because the one before it has one", position);
            }

            parameters.Add((name, fallback));
        }

        _tokens.Take();
        return [.. parameters];
    }

    private PrintStatement ParsePrint()
    {
        var expressions = new List<Expression>();
        do
        {
            expressions.Add(_expressions.Parse());
        }
        while (_tokens.TrySkipOperator(","));

        return new PrintStatement([.. expressions]);
    }

    private BlockStatement ParseBlock(Token tag)
    {
        Token name = _tokens.Expect(TokenKind.Name, "the name of the block");
        bool scoped = _tokens.TrySkipName("scoped");
        var block = new BlockStatement(scoped, ParseFunctionBody(tag));
        _tokens.TrySkipName(name.Text);
        return _blocks.TryAdd(name.Text, block) ? block : throw new TemplateFault($"the block '{name.Text}' stands twice in the template", name.Position);
    }
}
