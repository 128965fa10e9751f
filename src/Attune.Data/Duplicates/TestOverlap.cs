using System.Runtime.InteropServices;

namespace Attune.Data.Duplicates;

/// <summary>Finds texts that share long windows of words with held-out texts, which then say little about a model that was trained on them.</summary>
public sealed class TestOverlap
{
    /// <summary>Words of a window, as the field mostly has them (Brown et al. 2020).</summary>
    public const int WindowWords = 13;

    private readonly Dictionary<ulong, List<int>> _windows = [];

    /// <summary>Held-out texts so far.</summary>
    public int Texts { get; private set; }

    /// <summary>Adds a held-out text.</summary>
    public void Add(string text)
    {
        foreach (ulong window in Windows(text))
        {
            ref List<int>? texts = ref CollectionsMarshal.GetValueRefOrAddDefault(_windows, window, out _);
            (texts ??= []).Add(Texts);
        }

        Texts++;
    }

    /// <summary>The held-out texts that a text shares windows with, and how many different ones each.</summary>
    public IReadOnlyDictionary<int, int> Shared(string text)
    {
        var shared = new SortedDictionary<int, int>();
        foreach (ulong window in Windows(text))
        {
            foreach (int other in _windows.GetValueOrDefault(window) ?? [])
            {
                shared[other] = shared.GetValueOrDefault(other) + 1;
            }
        }

        return shared;
    }

    /// <summary>The hashes of a text's different windows; a shorter text has none.</summary>
    private static HashSet<ulong> Windows(string text)
    {
        string[] words = ExactKey.Normalize(text).Split(' ');
        var windows = new HashSet<ulong>();
        ulong[] hashes = [.. words.Select(HashOf)];
        for (int i = 0; i + WindowWords <= words.Length; i++)
        {
            ulong hash = 0;
            foreach (ulong word in hashes.AsSpan(i, WindowWords))
            {
                hash = unchecked((hash ^ word) * 0x9E3779B97F4A7C15);
                hash ^= hash >> 29;
            }

            windows.Add(hash);
        }

        return windows;
    }

    /// <summary>FNV-1a over the characters.</summary>
    private static ulong HashOf(string word)
    {
        ulong hash = 0xCBF29CE484222325;
        foreach (char letter in word)
        {
            hash = unchecked((hash ^ letter) * 0x100000001B3);
        }

        return hash;
    }
}
