namespace Attune.Text;

/// <summary>Decodes ids one by one; never gives half a character.</summary>
/// <remarks>
/// A token's text can depend on its neighbours (a character of several tokens, a blank that only the first token loses), so each step decodes the ids
/// of the last text given together with the new ones and gives what was added. Text that ends in U+FFFD waits, because the next id may complete the character.
/// </remarks>
public sealed class StreamingDecoder
{
    private const char Replacement = '\uFFFD';

    private readonly Tokenizer _tokenizer;
    private readonly bool _skipSpecialTokens;
    private readonly List<int> _ids = [];
    private string _given = "";
    private int _givenIds;

    internal StreamingDecoder(Tokenizer tokenizer, bool skipSpecialTokens)
    {
        _tokenizer = tokenizer;
        _skipSpecialTokens = skipSpecialTokens;
    }

    /// <summary>Takes the next id and gives the text that is now complete; empty when nothing is.</summary>
    public string Append(int id)
    {
        _ids.Add(id);
        string text = Decode();
        return text.EndsWith(Replacement) ? "" : Give(text);
    }

    /// <summary>Gives the rest at the end of the stream, with U+FFFD for a character that was never completed, and starts anew.</summary>
    public string Flush()
    {
        string rest = Give(Decode());
        _ids.Clear();
        _given = "";
        _givenIds = 0;
        return rest;
    }

    private string Give(string text)
    {
        if (text.Length <= _given.Length)
        {
            return "";
        }

        string added = text[_given.Length..];
        _ids.RemoveRange(0, _givenIds);
        _givenIds = _ids.Count;
        _given = Decode();
        return added;
    }

    private string Decode() => _tokenizer.Decode(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(_ids), _skipSpecialTokens);
}
