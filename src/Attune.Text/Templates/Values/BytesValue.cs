using System.Globalization;
using System.Text;

namespace Attune.Text.Templates.Values;

/// <summary>Bytes, as <c>encode()</c> gives them.</summary>
internal sealed class BytesValue(byte[] bytes) : Value
{
    public override string TypeName => "bytes";

    public override bool IsTrue => bytes.Length > 0;

    public override int? Count => bytes.Length;

    public override long Weight => 1 + (bytes.Length / StringValue.CharactersPerStep);

    public override IEnumerable<Value> Items => bytes.Select(Value (b) => IntValue.Of(b));

    public override Value? Item(Value key) => Containers.ElementAt(key, bytes.Length, bytes, static (bytes, i) => IntValue.Of(bytes[i]));

    public override void PrintRepr(ValuePrinter printer)
    {
        char quote = bytes.Contains((byte)'\'') && !bytes.Contains((byte)'"') ? '"' : '\'';
        var text = new StringBuilder("b").Append(quote);
        foreach (byte b in bytes)
        {
            _ = (char)b switch
            {
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\\' => text.Append("\\\\"),
                char c when c == quote => text.Append('\\').Append(c),
                >= ' ' and <= '~' => text.Append((char)b),
                _ => text.Append(CultureInfo.InvariantCulture, $"\\x{b:x2}"),
            };
        }

        printer.Append(text.Append(quote).ToString());
    }

    public override bool Equals(Value? other) => other is BytesValue value && value.Count == Count && value.Items.SequenceEqual(Items);

    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.AddBytes(bytes);
        return hash.ToHashCode();
    }
}
