using Attune.Text.AddedTokens;
using Attune.Text.Pipeline;

namespace Attune.Text.Training;

/// <summary>Trains the vocabulary of a tokenizer.</summary>
public static class TokenizerTrainer
{
    /// <summary>Trains a new vocabulary for the layout of a tokenizer: its normaliser, pre-tokenizer, post-processor and decoder stay, its tokens go.</summary>
    /// <param name="layout">The tokenizer whose layout is taken.</param>
    /// <param name="texts">The training texts; a piece never crosses from one to the next.</param>
    /// <param name="options">What kind of vocabulary, and how.</param>
    /// <param name="cancellation">Stops it.</param>
    /// <returns>The same for the same texts in any order, up to the last digits of a Unigram vocabulary's scores.</returns>
    /// <exception cref="TextException">The layout is not one of tokenizer.json, or the options leave no room.</exception>
    public static Tokenizer Train(Tokenizer layout, IEnumerable<string> texts, TrainerOptions options, CancellationToken cancellation = default)
    {
        if (layout is not PipelineTokenizer { Parts: { } parts })
        {
            throw new TextException($"a {layout.GetType().Name} has no layout that a vocabulary could be trained for; expected a tokenizer that was read from tokenizer.json");
        }

        options.Check();
        Models.ITokenizerModel model = options.Train(WordCounts.Of(texts, parts, cancellation), parts, cancellation);
        AddedToken[] special = [.. options.SpecialTokens.Select(token => new AddedToken(model.Vocabulary.Find(token), token) { Special = true })];
        return new PipelineTokenizer(parts with
        {
            Model = model,
            Added = new AddedVocabulary(special, model.Vocabulary, parts.Normalizer, "trained vocabulary"),
        });
    }
}
