using Attune.Text;

namespace Attune.Data.Tests.Tokenization;

/// <summary>A tokenizer that is easy to follow: two letters to a token where the first is a lower-case vowel, else one; special tokens in angle brackets; it refuses snowmen.</summary>
internal sealed class LetterTokenizer : Tokenizer
{
    public const int Bos = 1;
    public const int End = 2;
    private static readonly (string Text, int Id)[] Special = [("<bos>", Bos), ("<end>", End)];
    private readonly List<string> _tokens = ["<pad>", "<bos>", "<end>"];

    public override int VocabularySize => int.MaxValue;

    public override Encoding Encode(string text, bool addSpecialTokens = false)
    {
        if (text.Contains('\u2603', StringComparison.Ordinal))
        {
            throw new TextException("there is no token for a snowman");
        }

        var ids = new List<int>();
        var offsets = new List<(int, int)>();
        if (addSpecialTokens)
        {
            Add(Bos, 0, 0);
        }

        int point = 0;
        for (int i = 0; i < text.Length;)
        {
            (string token, int id) = Special.FirstOrDefault(item => string.CompareOrdinal(text, i, item.Text, 0, item.Text.Length) == 0);
            if (token is null)
            {
                int length = char.IsHighSurrogate(text[i]) || ("aeiou".Contains(text[i], StringComparison.Ordinal) && i + 1 < text.Length && text[i + 1] != '<') ? 2 : 1;
                token = text.Substring(i, length);
                lock (_tokens)
                {
                    id = _tokens.IndexOf(token);
                    if (id < 0)
                    {
                        id = _tokens.Count;
                        _tokens.Add(token);
                    }
                }
            }

            int points = token.EnumerateRunes().Count();
            Add(id, point, point + points);
            point += points;
            i += token.Length;
        }

        return new Encoding([.. ids], [.. offsets]);

        void Add(int id, int start, int end)
        {
            ids.Add(id);
            offsets.Add((start, end));
        }
    }

    public override Encoding Encode(EncodeInput input, EncodeOptions options) =>
        throw new NotSupportedException("this tokenizer only encodes single texts");

    public override string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false)
    {
        var text = new System.Text.StringBuilder();
        foreach (int id in ids)
        {
            text.Append(_tokens[id]);
        }

        return text.ToString();
    }

    public override int? TokenToId(string token) => _tokens.IndexOf(token) is var id and >= 0 ? id : null;

    public override string? IdToToken(int id) => id < _tokens.Count ? _tokens[id] : null;

    public override bool IsSpecial(int id) => id <= End;
}
