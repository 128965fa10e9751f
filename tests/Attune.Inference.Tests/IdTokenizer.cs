using System.Globalization;
using Attune.Text;

namespace Attune.Inference.Tests;

/// <summary>A tokenizer whose tokens are the ids themselves.</summary>
internal sealed class IdTokenizer(int vocabularySize) : Tokenizer
{
    public override int VocabularySize => vocabularySize;

    public override Encoding Encode(string text, bool addSpecialTokens = false) => throw new NotSupportedException("only ids are read");

    public override Encoding Encode(EncodeInput input, EncodeOptions options) => throw new NotSupportedException("only ids are read");

    public override string Decode(ReadOnlySpan<int> ids, bool skipSpecialTokens = false) => string.Concat(ids.ToArray().Select(id => string.Create(CultureInfo.InvariantCulture, $"<{id}>")));

    public override int? TokenToId(string token) => int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out int id) ? id : null;

    public override string? IdToToken(int id) => id.ToString(CultureInfo.InvariantCulture);

    public override bool IsSpecial(int id) => false;
}
