namespace Attune.Text.Models;

/// <summary>Finds all pairs of tokens that together spell a token, for vocabularies that only give the tokens' ranks.</summary>
internal static class MergeFinder
{
    /// <summary>Calls back for every place where a token can be cut into two others.</summary>
    /// <param name="count">Number of tokens.</param>
    /// <param name="token">The bytes of a token; empty ones are left out.</param>
    /// <param name="found">Takes the left, the right and the whole token.</param>
    /// <remarks>Two tries, one of them of the reversed tokens, give all prefixes and all suffixes of a token in one walk each.</remarks>
    public static void FindAll(int count, Func<int, ReadOnlyMemory<byte>> token, Action<int, int, int> found)
    {
        var forward = new ByteTrie();
        var backward = new ByteTrie();
        byte[] reversed = [];
        int longest = 0;
        for (int id = 0; id < count; id++)
        {
            ReadOnlySpan<byte> bytes = token(id).Span;
            if (bytes.IsEmpty)
            {
                continue;
            }

            reversed = reversed.Length < bytes.Length ? new byte[2 * bytes.Length] : reversed;
            bytes.CopyTo(reversed);
            reversed.AsSpan(0, bytes.Length).Reverse();
            forward.Add(bytes, id);
            backward.Add(reversed.AsSpan(0, bytes.Length), id);
            longest = Math.Max(longest, bytes.Length);
        }

        int[] suffixes = new int[longest + 1];
        for (int id = 0; id < count; id++)
        {
            ReadOnlySpan<byte> bytes = token(id).Span;
            FillSuffixes(bytes, backward, suffixes);
            int node = ByteTrie.Root;
            for (int i = 0; i + 1 < bytes.Length; i++)
            {
                node = forward.Next(node, bytes[i]);
                if (forward.Value(node) >= 0 && suffixes[i + 1] >= 0)
                {
                    found(forward.Value(node), suffixes[i + 1], id);
                }
            }
        }
    }

    /// <summary>For every place in a token, the token that the rest from there spells.</summary>
    private static void FillSuffixes(ReadOnlySpan<byte> bytes, ByteTrie backward, int[] suffixes)
    {
        int node = ByteTrie.Root;
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            node = backward.Next(node, bytes[i]);
            suffixes[i] = backward.Value(node);
        }
    }
}
