using System.Buffers;
using Attune.Text.Models;
using Attune.Text.Patterns;
using Attune.Text.Pipeline;
using Attune.Text.Unicode;

namespace Attune.Text.AddedTokens;

/// <summary>Finds added tokens in text: the leftmost first, the longest of those that start there.</summary>
internal sealed class AddedTokenSplitter : IPieceSplitter
{
    private readonly AddedToken[] _tokens;
    private readonly ByteTrie _trie = new();
    private readonly SearchValues<byte> _firstBytes;

    /// <summary>Makes a splitter of tokens with the bytes that stand for each in the text.</summary>
    public AddedTokenSplitter(IEnumerable<(AddedToken Token, byte[] Spelling)> tokens)
    {
        (AddedToken Token, byte[] Spelling)[] spelled = [.. tokens.Where(token => token.Spelling.Length > 0)];
        _tokens = [.. spelled.Select(token => token.Token)];
        for (int i = 0; i < spelled.Length; i++)
        {
            _trie.Add(spelled[i].Spelling, i);
        }

        byte[] firstBytes = [.. spelled.Select(token => token.Spelling[0]).Distinct()];
        _firstBytes = SearchValues.Create(firstBytes);
    }

    /// <summary>Whether there is nothing to find.</summary>
    public bool IsEmpty => _tokens.Length == 0;

    /// <inheritdoc/>
    public void Split(ReadOnlySpan<byte> text, int offset, List<Piece> pieces)
    {
        int done = 0;
        int search = 0;
        while (search < text.Length)
        {
            int found = text[search..].IndexOfAny(_firstBytes);
            if (found < 0)
            {
                break;
            }

            int start = search + found;
            if (!_trie.TryMatch(text[start..], out int length, out int index))
            {
                search = start + 1;
                continue;
            }

            AddedToken token = _tokens[index];
            int end = search = start + length;
            if (token.SingleWord && !StandsAlone(text, start, end))
            {
                continue;
            }

            if (token.TakesSpaceBefore)
            {
                start = Math.Max(SpaceBefore(text, start), done);
            }

            if (token.TakesSpaceBehind)
            {
                end = Scan.While(text, end, CharacterClass.Space);
            }

            start = Math.Max(start, done);
            if (start > done)
            {
                pieces.Add(new Piece(offset + done, offset + start));
            }

            pieces.Add(new Piece(offset + start, offset + end, token.Id));
            done = end;
        }

        if (done < text.Length)
        {
            pieces.Add(new Piece(offset + done, offset + text.Length));
        }
    }

    private static bool StandsAlone(ReadOnlySpan<byte> text, int start, int end) =>
        (start == 0 || (CharacterClasses.Of(Utf8.DecodeBefore(text, start, out _)) & CharacterClass.Word) == 0)
        && (end == text.Length || (Scan.ClassAt(text, end, out _) & CharacterClass.Word) == 0);

    private static int SpaceBefore(ReadOnlySpan<byte> text, int start)
    {
        while (start > 0 && CharacterClasses.IsSpace(Utf8.DecodeBefore(text, start, out int size)))
        {
            start -= size;
        }

        return start;
    }
}
