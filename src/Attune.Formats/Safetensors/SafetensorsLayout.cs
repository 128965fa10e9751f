using System.Buffers;
using System.Globalization;
using System.Text;
using Attune.Tensors;

namespace Attune.Formats;

/// <summary>Lays tensors out in the order and writes the header in the bytes that the reference implementation gives.</summary>
internal static class SafetensorsLayout
{
    private const int Alignment = 8;

    // Wider alignments first, then this order of the reference implementation among types of one width.
    private static readonly DType[] Order =
    [
        DType.U64, DType.I64, DType.F64, DType.F32, DType.U32, DType.I32, DType.BF16, DType.F16,
        DType.U16, DType.I16, DType.F8E4M3, DType.F8E5M2, DType.I8, DType.U8, DType.Bool,
    ];

    private static readonly SearchValues<char> Escaped = SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(c => (char)c), '"', '\\']);

    /// <summary>Tensors in file order: by element type, then by name in UTF-8 order.</summary>
    public static List<TensorInfo> Sort(IEnumerable<TensorInfo> tensors) =>
        [.. tensors.OrderBy(t => Array.IndexOf(Order, t.DType)).ThenBy(t => Encoding.UTF8.GetBytes(t.Name), Comparer<byte[]>.Create((a, b) => a.AsSpan().SequenceCompareTo(b)))];

    /// <summary>The length prefix and the header, padded with spaces so that the data begins at a multiple of 8.</summary>
    public static byte[] Header(IReadOnlyList<TensorInfo> ordered, IReadOnlyDictionary<string, string>? metadata)
    {
        var json = new StringBuilder("{");
        if (metadata is not null)
        {
            json.Append('"').Append(SafetensorsHeader.MetadataKey).Append("\":{");
            foreach ((string key, string value) in metadata)
            {
                AppendText(json, key).Append(':');
                AppendText(json, value).Append(',');
            }

            TrimComma(json).Append("},");
        }

        long position = 0;
        foreach (TensorInfo tensor in ordered)
        {
            long end = checked(position + tensor.ByteCount);
            AppendText(json, tensor.Name);
            json.Append(CultureInfo.InvariantCulture, $":{{\"dtype\":\"{tensor.DType.SafetensorsName}\",\"shape\":[{string.Join(',', tensor.Shape.ToArray())}],\"data_offsets\":[{position},{end}]}},");
            position = end;
        }

        TrimComma(json).Append('}');
        byte[] text = new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(json.ToString());
        int padded = (text.Length + Alignment - 1) / Alignment * Alignment;
        var header = new byte[SafetensorsHeader.LengthBytes + padded];
        BitConverter.TryWriteBytes(header, (ulong)padded);
        header.AsSpan(SafetensorsHeader.LengthBytes).Fill((byte)' ');
        text.CopyTo(header, SafetensorsHeader.LengthBytes);
        return header;
    }

    private static StringBuilder TrimComma(StringBuilder json)
    {
        if (json[^1] == ',')
        {
            json.Length--;
        }

        return json;
    }

    // By hand, because the framework's encoder escapes more characters than the reference implementation and the bytes have to be equal.
    private static StringBuilder AppendText(StringBuilder json, string text)
    {
        json.Append('"');
        if (!text.AsSpan().ContainsAny(Escaped))
        {
            return json.Append(text).Append('"');
        }

        foreach (char c in text)
        {
            _ = c switch
            {
                '"' => json.Append("\\\""),
                '\\' => json.Append("\\\\"),
                '\b' => json.Append("\\b"),
                '\t' => json.Append("\\t"),
                '\n' => json.Append("\\n"),
                '\f' => json.Append("\\f"),
                '\r' => json.Append("\\r"),
                < ' ' => json.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => json.Append(c),
            };
        }

        return json.Append('"');
    }
}
