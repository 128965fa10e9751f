using Attune.Text.Unicode;

namespace Attune.Text.Patterns;

/// <summary>Matches characters of a class, one by one or in runs.</summary>
/// <param name="classes">The classes; one of them is enough.</param>
/// <param name="single">Whether every character is a match of its own.</param>
internal sealed class ClassPattern(CharacterClass classes, bool single) : ISplitPattern
{
    /// <inheritdoc/>
    public bool Find(ReadOnlySpan<byte> text, int from, out int start, out int end)
    {
        for (start = from; start < text.Length;)
        {
            CharacterClass kind = Scan.ClassAt(text, start, out int size);
            if ((kind & classes) != 0)
            {
                end = single ? start + size : Scan.While(text, start + size, classes);
                return true;
            }

            start += size;
        }

        end = start;
        return false;
    }
}
