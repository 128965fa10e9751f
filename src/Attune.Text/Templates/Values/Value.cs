using System.Text;
using Attune.Text.Templates.Builtins;

namespace Attune.Text.Templates.Values;

/// <summary>A value of the template language, with the behaviour that Python gives it. Values never change, except namespaces and iterators.</summary>
internal abstract class Value : IEquatable<Value>
{
    /// <summary>Python's name of the type.</summary>
    public abstract string TypeName { get; }

    /// <summary>What <c>if</c> makes of it.</summary>
    public virtual bool IsTrue => true;

    /// <summary>Number of items; null when <c>length</c> is not defined.</summary>
    public virtual int? Count => null;

    /// <summary>Work to compare or print it: the leaves of the whole tree below it, in steps.</summary>
    public virtual long Weight => 1;

    /// <summary>Levels of containers below it.</summary>
    public virtual int Depth => 0;

    /// <summary>Whether it can be called.</summary>
    public virtual bool IsCallable => false;

    /// <summary>The items that a loop visits; null when it cannot be iterated.</summary>
    public virtual IEnumerable<Value>? Items => null;

    /// <summary>Writes it as <c>str()</c> does.</summary>
    public virtual void Print(ValuePrinter printer) => PrintRepr(printer);

    /// <summary>Writes it as <c>repr()</c> does, the form inside lists and mappings.</summary>
    public abstract void PrintRepr(ValuePrinter printer);

    /// <summary>An attribute or method; null when there is none.</summary>
    public virtual Value? Attribute(string name) => null;

    /// <summary>Whether an attribute exists in Python but changes the value, which the sandbox forbids.</summary>
    public virtual bool IsForbidden(string name) => false;

    /// <summary>What a subscript gives; null when there is nothing.</summary>
    public virtual Value? Item(Value key) => null;

    /// <summary>Calls it.</summary>
    public virtual Value Call(Interpreter run, CallArguments arguments) => throw new TemplateFault($"a value of type '{TypeName}' cannot be called");

    /// <summary>Python's <c>==</c>.</summary>
    public virtual bool Equals(Value? other) => ReferenceEquals(this, other);

    /// <inheritdoc/>
    public sealed override bool Equals(object? obj) => obj is Value other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => System.Runtime.CompilerServices.RuntimeHelpers.GetHashCode(this);

    /// <inheritdoc/>
    public sealed override string ToString()
    {
        var text = new StringBuilder();
        Print(new ValuePrinter(text, TemplateLimits.Default));
        return text.ToString();
    }
}
