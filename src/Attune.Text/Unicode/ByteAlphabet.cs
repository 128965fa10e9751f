namespace Attune.Text.Unicode;

/// <summary>The byte-level alphabet of GPT-2: every byte has a printable character that stands for it in vocabularies.</summary>
internal static class ByteAlphabet
{
    private static readonly char[] Characters = BuildCharacters();
    private static readonly short[] Bytes = BuildBytes();

    /// <summary>The character that stands for a byte.</summary>
    public static char ToCharacter(byte value) => Characters[value];

    /// <summary>The byte that a character stands for; -1 when it stands for none.</summary>
    public static int ToByte(int codePoint) => (uint)codePoint < (uint)Bytes.Length ? Bytes[codePoint] : -1;

    /// <summary>Whether a character stands for the byte of a blank.</summary>
    public static bool IsBlank(int codePoint) => codePoint == Characters[' '];

    /// <summary>Writes the bytes that a token's characters stand for; a token with any other character keeps its own bytes.</summary>
    /// <returns>Number of bytes written, at most the length of the token.</returns>
    public static int Unmap(ReadOnlySpan<byte> token, Span<byte> target)
    {
        int count = 0;
        for (int i = 0; i < token.Length;)
        {
            int value = ToByte(Utf8.Decode(token, i, out int size));
            if (value < 0)
            {
                token.CopyTo(target);
                return token.Length;
            }

            target[count++] = (byte)value;
            i += size;
        }

        return count;
    }

    private static char[] BuildCharacters()
    {
        char[] characters = new char[256];
        int next = 256;
        for (int i = 0; i < 256; i++)
        {
            bool printable = i is (>= '!' and <= '~') or (>= 0xA1 and <= 0xAC) or >= 0xAE;
            characters[i] = (char)(printable ? i : next++);
        }

        return characters;
    }

    private static short[] BuildBytes()
    {
        short[] bytes = new short[256 + 68];
        Array.Fill(bytes, (short)-1);
        for (int i = 0; i < 256; i++)
        {
            bytes[Characters[i]] = (short)i;
        }

        return bytes;
    }
}
