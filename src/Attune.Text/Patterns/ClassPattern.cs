using Attune.Text.Unicode;

namespace Attune.Text.Patterns;

/// <summary>Matches characters of a class, one by one or in runs.</summary>
/// <param name="classes">The classes; one of them is enough.</param>
/// <param name="single">Whether every character is a match of its own.</param>
internal sealed class ClassPattern(CharacterClass classes, bool single) : ISplitPattern
{
    /// <inheritdoc/>
    public void FindAll(ReadOnlySpan<byte> text, List<(int Start, int End)> matches)
    {
        for (int start = 0; start < text.Length;)
        {
            CharacterClass kind = Scan.ClassAt(text, start, out int size);
            int end = start + size;
            if ((kind & classes) != 0)
            {
                end = single ? end : Scan.While(text, end, classes);
                matches.Add((start, end));
            }

            start = end;
        }
    }
}
