namespace Attune.Text.PostProcessors;

/// <summary>How a class of tokenizers lays out one text and two.</summary>
internal sealed record TextTemplate(TemplatePiece[] Single, TemplatePiece[] Pair)
{
    private static readonly TemplatePiece A = new(IsSequence: true, "A", 0);
    private static readonly TemplatePiece B = new(IsSequence: true, "B", 0);
    private static readonly TemplatePiece B1 = B with { TypeId = 1 };

    /// <summary>BERT's: one token at the start, one behind each text; the second text has type 1.</summary>
    public static TextTemplate OfBert(string start, string separator, int startType = 0)
    {
        TemplatePiece[] single = [Token(start, startType), A, Token(separator)];
        return new TextTemplate(single, [.. single, B1, Token(separator, 1)]);
    }

    /// <summary>RoBERTa's: as BERT's, but two tokens stand between two texts.</summary>
    public static TextTemplate OfRoberta(string start, string separator, int secondType = 0)
    {
        TemplatePiece[] single = [Token(start), A, Token(separator)];
        return new TextTemplate(single, [.. single, Token(separator), B with { TypeId = secondType }, Token(separator, secondType)]);
    }

    /// <summary>XLNet's: all special tokens stand at the end.</summary>
    public static TextTemplate OfXlNet(string separator, string end) => new(
        [A, Token(separator), Token(end, 2)],
        [A, Token(separator), B1, Token(separator, 1), Token(end, 2)]);

    /// <summary>XGLM's: texts begin with the token that separates them.</summary>
    public static TextTemplate OfXglm(string separator) => new(
        [Token(separator), A],
        [Token(separator), A, Token(separator), Token(separator), B]);

    /// <summary>T5's: one token behind each text.</summary>
    public static TextTemplate OfEnds(string end) => new([A, Token(end)], [A, Token(end), B, Token(end)]);

    /// <summary>Tokens around one text, or around two that follow each other.</summary>
    public static TextTemplate OfWhole(IEnumerable<string> before, IEnumerable<string> behind)
    {
        TemplatePiece[] first = [.. before.Select(token => Token(token))];
        TemplatePiece[] last = [.. behind.Select(token => Token(token))];
        return new TextTemplate([.. first, A, .. last], [.. first, A, B, .. last]);
    }

    /// <summary>GPT's where a text begins with a token; the second text has type 1.</summary>
    public static TextTemplate OfBegin(string begin) => new([Token(begin), A], [Token(begin), A, B1]);

    /// <summary>The post-processor of the template.</summary>
    /// <param name="idOf">The id of a token; it fails by itself where there is none.</param>
    /// <param name="place">Where the vocabulary stands, for errors.</param>
    public TemplatePostProcessor Build(Func<string, int> idOf, string place) => new(
        Single,
        Pair,
        [
            .. Single.Concat(Pair).Where(piece => !piece.IsSequence).Select(piece => piece.Name).Distinct(StringComparer.Ordinal)
                .Select(name => new TemplateToken(name, [idOf(name)], [name])),
        ],
        place);

    private static TemplatePiece Token(string name, int type = 0) => new(IsSequence: false, name, type);
}
