namespace Attune.Data.Augmentation;

/// <summary>A way to change a text so that what is said of it stays true.</summary>
/// <param name="Key">The key users write.</param>
/// <param name="NeedsSynonyms">Whether it takes words from a list of synonyms.</param>
/// <param name="Change">Draws the decisions and changes the text; gives the same text when nothing can be changed.</param>
internal sealed record AugmentationOperation(string Key, bool NeedsSynonyms, AugmentationOperation.Changer Change)
{
    /// <summary>Changes a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="strength">Share of its words or characters that are changed, at least one. Range: above 0, up to 1.</param>
    /// <param name="synonyms">The synonyms; null for none.</param>
    /// <param name="random">What decides.</param>
    public delegate string Changer(string text, double strength, Synonyms? synonyms, ref SplitMix64 random);
}
