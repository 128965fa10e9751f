namespace Attune.Text.PostProcessors;

/// <summary>The template of vocabularies that only say which tokens begin and end a text.</summary>
internal static class SpecialTokenTemplate
{
    /// <summary>Builds the template; null when no token is added.</summary>
    /// <param name="tokens">The tokens by id.</param>
    /// <param name="begin">Id of the token before each text; null for none.</param>
    /// <param name="end">Id of the token behind each text; null for none.</param>
    /// <param name="place">Where the vocabulary stands, for errors.</param>
    /// <param name="isJoined">Whether two texts begin once, with the token that ends one twice between them, as RoBERTa has it.</param>
    /// <exception cref="TextException">An id is outside the vocabulary.</exception>
    public static TemplatePostProcessor? Build(IReadOnlyList<string> tokens, int? begin, int? end, string place, bool isJoined = false)
    {
        int[] ids = [.. new[] { begin, end }.OfType<int>().Distinct()];
        foreach (int id in ids)
        {
            Require(tokens, id, place);
        }

        if (ids.Length == 0)
        {
            return null;
        }

        TemplateToken[] special = [.. ids.Select(id => new TemplateToken(tokens[id], [id], [tokens[id]]))];
        IEnumerable<TemplatePiece> Around(string text, int type)
        {
            if (begin is { } first)
            {
                yield return new TemplatePiece(IsSequence: false, tokens[first], type);
            }

            yield return new TemplatePiece(IsSequence: true, text, type);
            if (end is { } last)
            {
                yield return new TemplatePiece(IsSequence: false, tokens[last], type);
            }
        }

        if (isJoined && begin is { } start && end is { } separator)
        {
            TextTemplate joined = TextTemplate.OfRoberta(tokens[start], tokens[separator]);
            return new TemplatePostProcessor(joined.Single, joined.Pair, special, place);
        }

        return new TemplatePostProcessor([.. Around("A", 0)], [.. Around("A", 0), .. Around("B", 1)], special, place);
    }

    /// <summary>Checks that a special token is in the vocabulary.</summary>
    /// <exception cref="TextException">It is not.</exception>
    public static void Require(IReadOnlyList<string> tokens, int id, string place)
    {
        if (id < 0 || id >= tokens.Count)
        {
            throw new TextException($"{place}: the file names the special token {id}; expected an id below {tokens.Count}");
        }
    }
}
