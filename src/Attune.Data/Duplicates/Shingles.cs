using System.Runtime.InteropServices;

namespace Attune.Data.Duplicates;

/// <summary>The windows of words that a text is compared by: every three words in a row, of letters a to z and digits, in lower case.</summary>
public static class Shingles
{
    /// <summary>Words of a window.</summary>
    public const int Words = 3;

    /// <summary>The hashes of a text's windows, each once, in ascending order. A text of fewer words is one window.</summary>
    /// <param name="text">The text.</param>
    /// <param name="target">Is emptied and filled.</param>
    public static void Hash(string text, List<uint> target)
    {
        // The words with one blank between them, and where each begins; a window is then a part of it.
        byte[] words = System.Buffers.ArrayPool<byte>.Shared.Rent(text.Length + 1);
        try
        {
            target.Clear();
            Span<Range> windows = stackalloc Range[ShingleHash.Lanes];
            Span<uint> hashes = stackalloc uint[ShingleHash.Lanes];
            int gathered = 0;
            Span<int> starts = stackalloc int[Words];
            int length = 0, count = 0;
            bool isInside = false;
            foreach (char letter in text)
            {
                // Two letters beyond ASCII have a lower case in it: the Kelvin sign, and I with a dot, whose lower case is i and a combining dot.
                char lower = letter is >= 'A' and <= 'Z' ? (char)(letter | 0x20) : letter is '\u212A' ? 'k' : letter is '\u0130' ? 'i' : letter;
                bool isWord = lower is (>= 'a' and <= 'z') or (>= '0' and <= '9');
                if (isWord && !isInside)
                {
                    if (count >= Words)
                    {
                        windows[gathered++] = starts[0]..length;
                        if (gathered == windows.Length)
                        {
                            Add(words, windows, hashes, target);
                            gathered = 0;
                        }

                        starts[1..].CopyTo(starts);
                    }

                    if (length > 0)
                    {
                        words[length++] = (byte)' ';
                    }

                    starts[Math.Min(count++, Words - 1)] = length;
                }

                if (isWord)
                {
                    words[length++] = (byte)lower;
                }

                isInside = isWord && letter != '\u0130';
            }

            windows[gathered++] = (count >= Words ? starts[0] : 0)..length;
            Add(words, windows[..gathered], hashes, target);
            Span<uint> all = CollectionsMarshal.AsSpan(target);
            all.Sort();
            int kept = 1;
            foreach (uint hash in all[1..])
            {
                if (hash != all[kept - 1])
                {
                    all[kept++] = hash;
                }
            }

            CollectionsMarshal.SetCount(target, kept);
        }
        finally
        {
            System.Buffers.ArrayPool<byte>.Shared.Return(words);
        }
    }

    private static void Add(ReadOnlySpan<byte> words, ReadOnlySpan<Range> windows, Span<uint> hashes, List<uint> target)
    {
        ShingleHash.Of(words, windows, hashes);
        target.AddRange(hashes[..windows.Length]);
    }
}
