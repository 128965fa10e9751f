using Attune.Text.Templates.Values;

namespace Attune.Text.Templates;

/// <summary>Variables of one level; a name that is not here is looked up further out.</summary>
internal sealed class Scope(Scope? outer)
{
    // Every round of a loop has its own scope, mostly of one or two names: an array is smaller and faster than a dictionary until there are many.
    private const int Few = 8;

    private (string Name, Value Value)[] _few = [];
    private int _count;
    private Dictionary<string, Value>? _many;

    private Scope? Outer { get; } = outer;

    public Value? Find(string name)
    {
        for (Scope? scope = this; scope is not null; scope = scope.Outer)
        {
            if (scope.FindHere(name) is { } value)
            {
                return value;
            }
        }

        return null;
    }

    public void Set(string name, Value value)
    {
        if (_many is not null)
        {
            _many[name] = value;
            return;
        }

        int i = IndexOf(name);
        if (i < 0)
        {
            if (_count == Few)
            {
                _many = _few.ToDictionary(variable => variable.Name, variable => variable.Value, StringComparer.Ordinal);
                _many[name] = value;
                return;
            }

            i = _count++;
            if (i >= _few.Length)
            {
                Array.Resize(ref _few, i == 0 ? 2 : Few);
            }
        }

        _few[i] = (name, value);
    }

    private Value? FindHere(string name) =>
        _many is not null ? _many.GetValueOrDefault(name)
        : IndexOf(name) is >= 0 and int i ? _few[i].Value
        : null;

    private int IndexOf(string name)
    {
        for (int i = 0; i < _count; i++)
        {
            if (_few[i].Name == name)
            {
                return i;
            }
        }

        return -1;
    }
}
