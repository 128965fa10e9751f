using Attune.Text.Templates.Values;

namespace Attune.Text.Templates.Builtins;

/// <summary>The methods of a type by name.</summary>
internal sealed class MethodTable(params Builtin[] methods)
{
    private readonly Dictionary<string, Builtin> _methods = methods.ToDictionary(method => method.Name, StringComparer.Ordinal);

    /// <summary>A method bound to its value; null when there is none of this name.</summary>
    public Value? Find(Value self, string name) => _methods.TryGetValue(name, out Builtin? method) ? new MethodValue(method, self) : null;
}
