using Attune.Text.Templates.Values;

namespace Attune.Text.Templates;

/// <summary>Variables of one level; a name that is not here is looked up further out.</summary>
internal sealed class Scope(Scope? outer)
{
    private Dictionary<string, Value>? _variables;

    public Value? Find(string name)
    {
        for (Scope? scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope._variables is { } variables && variables.TryGetValue(name, out Value? value))
            {
                return value;
            }
        }

        return null;
    }

    public void Set(string name, Value value) => (_variables ??= new(StringComparer.Ordinal))[name] = value;

    private Scope? Outer { get; } = outer;
}
