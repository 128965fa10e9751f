using System.Buffers.Binary;

namespace Attune.Testing;

/// <summary>SentencePiece models made for tests.</summary>
public static class SmallSentencePiece
{
    private const int Normal = 1;

    /// <summary>A BPE model: unknown, begin, end, ▁, b, ▁a, ▁ab, a.</summary>
    public static byte[] Bpe() => Model(2, [("<unk>", 0, 2), ("<s>", 0, 3), ("</s>", 0, 3), ("\u2581", -1, Normal), ("b", -2, Normal), ("\u2581a", -3, Normal), ("\u2581ab", -4, Normal), ("a", -5, Normal)]);

    /// <summary>A Unigram model of the same pieces with byte fallback.</summary>
    public static byte[] Unigram() => Model(
        1,
        [("<unk>", 0, 2), ("\u2581", -1, Normal), ("a", -2, Normal), ("b", -2, Normal), ("ab", -3, Normal), ("xyz", -1, 4), .. Enumerable.Range(0, 256).Select(i => ($"<0x{i:X2}>", 0f, 6))],
        byteFallback: true);

    /// <summary>A model of a kind (1 Unigram, 2 BPE, 3 words) with pieces of types as in the file: 1 normal, 2 unknown, 3 control, 4 user-defined, 6 byte.</summary>
    public static byte[] Model(int type, (string Text, float Score, int Type)[] pieces, bool byteFallback = false, bool removesBlanks = false)
    {
        var content = new List<byte>();
        foreach ((string text, float score, int pieceType) in pieces)
        {
            byte[] number = new byte[4];
            BinaryPrimitives.WriteSingleLittleEndian(number, score);
            Message(content, 1, [.. Field(1, System.Text.Encoding.UTF8.GetBytes(text)), 0x15, .. number, 0x18, (byte)pieceType]);
        }

        Message(content, 2, [0x18, (byte)type, 0x98, 0x02, (byte)(byteFallback ? 1 : 0)]);
        Message(content, 3, [0x18, 1, 0x20, (byte)(removesBlanks ? 1 : 0)]);
        return [.. content];
    }

    private static void Message(List<byte> target, int field, byte[] content) => target.AddRange(Field(field, content));

    private static byte[] Field(int field, byte[] content) => [(byte)((field << 3) | 2), (byte)content.Length, .. content];
}
