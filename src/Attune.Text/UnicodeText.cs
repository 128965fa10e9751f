using System.Text;
using Attune.Text.Normalizers;

namespace Attune.Text;

/// <summary>The normal forms of Unicode (UAX #15), from the library's own tables: the same on every machine.</summary>
public static class UnicodeText
{
    /// <summary>A text in a normal form.</summary>
    /// <param name="text">The text.</param>
    /// <param name="form">Which form: composed or decomposed, canonical or compatible.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such form.</exception>
    public static string Normalize(string text, NormalizationForm form)
    {
        UnicodeNormalizer normalizer = form switch
        {
            NormalizationForm.FormC => UnicodeNormalizer.Nfc,
            NormalizationForm.FormD => UnicodeNormalizer.Nfd,
            NormalizationForm.FormKC => UnicodeNormalizer.Nfkc,
            NormalizationForm.FormKD => UnicodeNormalizer.Nfkd,
            _ => throw new ArgumentOutOfRangeException(nameof(form), form, "expected FormC, FormD, FormKC or FormKD"),
        };
        if (System.Text.Ascii.IsValid(text))
        {
            return text;
        }

        byte[] utf8 = System.Text.Encoding.UTF8.GetBytes(text);
        if (normalizer.LeavesUnchanged(utf8))
        {
            return text;
        }

        var result = new StringBuilder(text.Length);
        Span<char> characters = stackalloc char[2];
        foreach (int codePoint in normalizer.CodePoints(utf8))
        {
            result.Append(characters[..new Rune(codePoint).EncodeToUtf16(characters)]);
        }

        return result.ToString();
    }
}
