using Attune.Text.Models;
using Attune.Text.Pipeline;

namespace Attune.Text.Tests;

/// <summary>What models do for a long piece grows with its length and not with the square of it: counted, not timed.</summary>
public class CountedWorkTests
{
    private const int Length = 50_000;

    public static TheoryData<string> Letters => ["a", "ab", "abc", "aab", "abcabcab"];

    [Theory]
    [MemberData(nameof(Letters))]
    public void Merging_looks_up_a_few_pairs_per_symbol(string letters)
    {
        // a, b, c, then aa, aaaa, aaaaaaaa, ab, abab, abc.
        var merges = new MergeTable([(0, 0, 3), (3, 3, 4), (4, 4, 5), (0, 1, 6), (6, 6, 7), (6, 2, 8)]);

        Assert.InRange(Lookups(letters, Length, merges), 0, 3 * Length);
        Assert.InRange(Lookups(letters, 4 * Length, merges), 0, 12 * Length);
    }

    [Theory]
    [MemberData(nameof(Letters))]
    public void The_best_segmentation_takes_a_few_steps_per_character(string letters)
    {
        var trie = new ByteTrie();
        string[] tokens = ["a", "b", "c", "aa", "aaaa", "aaaaaaaa", "ab", "abab", "abc"];
        for (int id = 0; id < tokens.Length; id++)
        {
            trie.Add(System.Text.Encoding.UTF8.GetBytes(tokens[id]), id);
        }

        // No token has more than eight characters, so no start looks further.
        Assert.InRange(Steps(letters, Length, trie, tokens.Length), Length, 9 * Length);
        Assert.InRange(Steps(letters, 4 * Length, trie, tokens.Length), 4 * Length, 36 * Length);
    }

    private static long Lookups(string letters, int length, MergeTable merges)
    {
        var merger = new BpeMerger(merges);
        var tokens = new TokenList();
        for (int i = 0; i < length; i++)
        {
            merger.Add(letters[i % letters.Length] - 'a', 1);
        }

        merger.Merge(0, tokens);
        Assert.Equal(length, tokens.Ends[^1]);
        return merger.Lookups;
    }

    private static long Steps(string letters, int length, ByteTrie trie, int tokens)
    {
        var lattice = new UnigramLattice(trie, [.. Enumerable.Range(0, tokens).Select(id => -1.0 - id)], -20, singlePrecision: false);
        byte[] text = [.. Enumerable.Range(0, length).Select(i => (byte)letters[i % letters.Length])];
        var path = new TokenList();
        lattice.Search(text, path);
        Assert.Equal(length, path.Ends[^1]);
        return lattice.Steps;
    }
}
