using Attune.Text.Templates.Statements;

namespace Attune.Text.Templates.Syntax;

/// <summary>Reads what can be assigned to: names, attributes of namespaces, and tuples of them.</summary>
internal sealed class TargetParser(TokenStream tokens)
{
    /// <summary>Reads <c>a</c> or <c>a, b</c>; <paramref name="end"/> is a word that ends it.</summary>
    public Target Parse(bool allowNamespace = false, string? end = null)
    {
        int position = tokens.Current.Position;
        var targets = new List<Target> { ParseOne(allowNamespace) };
        bool isTuple = false;
        while (tokens.TrySkipOperator(","))
        {
            isTuple = true;
            if (tokens.Current.Kind != TokenKind.Name && !tokens.Current.IsOperator("("))
            {
                break;
            }

            if (end is not null && tokens.Current.IsName(end))
            {
                break;
            }

            targets.Add(ParseOne(allowNamespace));
        }

        return isTuple ? new TupleTarget(position, [.. targets]) : targets[0];
    }

    /// <summary>Reads one target; a tuple only in parentheses.</summary>
    public Target ParseOne(bool allowNamespace = false)
    {
        if (tokens.TrySkipOperator("("))
        {
            tokens.Enter();
            Target inner = Parse(allowNamespace);
            tokens.Leave();
            tokens.ExpectOperator(")");
            return inner;
        }

        int position = tokens.Current.Position;
        string name = ParseName();
        return allowNamespace && tokens.TrySkipOperator(".")
            ? new NamespaceTarget(position, name, tokens.Expect(TokenKind.Name, "the name of an attribute").Text)
            : new VariableTarget(name);
    }

    /// <summary>Reads the name of a variable.</summary>
    public string ParseName()
    {
        Token name = tokens.Expect(TokenKind.Name, "the name of a variable");
        return name.Text is "true" or "True" or "false" or "False" or "none" or "None"
            ? throw new TemplateFault($"'{name.Text}' is a constant and cannot be assigned", name.Position)
            : name.Text;
    }
}
