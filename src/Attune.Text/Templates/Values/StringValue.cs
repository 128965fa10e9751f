using System.Text;
using Attune.Text.Templates.Builtins;

namespace Attune.Text.Templates.Values;

/// <summary>Text; positions and lengths count code points. <paramref name="isMarkup"/> says that it needs no HTML escaping.</summary>
internal sealed class StringValue(string text, bool isMarkup = false) : Value
{
    /// <summary>How many characters are read or made for one step of work.</summary>
    public const int CharactersPerStep = 16;

    public static readonly StringValue Empty = new("");

    private int _count = -1;

    public string Text { get; } = text;

    public bool IsMarkup { get; } = isMarkup;

    public override string TypeName => IsMarkup ? "Markup" : "str";

    public override bool IsTrue => Text.Length > 0;

    public override int? Count => Length;

    public override long Weight => 1 + (Text.Length / CharactersPerStep);

    /// <summary>Length in code points.</summary>
    public int Length => _count >= 0 ? _count : _count = PythonText.CountCodePoints(Text);

    /// <summary>Whether the place of a code point must be searched for.</summary>
    public bool HasSurrogatePairs => Length != Text.Length;

    public override IEnumerable<Value> Items
    {
        get
        {
            for (int i = 0; i < Text.Length;)
            {
                int size = PythonText.SizeAt(Text, i);
                yield return new StringValue(Text.Substring(i, size));
                i += size;
            }
        }
    }

    public override Value? Attribute(string name) => StringMethods.Table.Find(this, name);

    public override Value? Item(Value key)
    {
        if (!Number.TryInteger(key, out var index))
        {
            return null;
        }

        index = index < 0 ? index + Length : index;
        if (index < 0 || index >= Length)
        {
            return null;
        }

        int start = PythonText.IndexOfCodePoint(this, (int)index);
        return new StringValue(Text.Substring(start, PythonText.SizeAt(Text, start)));
    }

    public override void Print(ValuePrinter printer) => printer.Append(Text);

    public override void PrintRepr(ValuePrinter printer)
    {
        var quoted = new StringBuilder(Text.Length + 2);
        PythonText.AppendRepr(quoted, Text);
        printer.Append(IsMarkup ? $"Markup({quoted})" : quoted.ToString());
    }

    public override bool Equals(Value? other) => other is StringValue text && text.Text == Text;

    public override int GetHashCode() => Text.GetHashCode(StringComparison.Ordinal);
}
