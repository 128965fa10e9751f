using System.Text;

namespace Attune.Text.Templates;

/// <summary>Text that is being made, with its length in code points.</summary>
internal sealed class OutputBuffer(int limit)
{
    private readonly StringBuilder _text = new();

    /// <summary>Length in code points.</summary>
    public int CodePoints { get; private set; }

    public void Append(string text)
    {
        if (text.Length > limit - _text.Length)
        {
            throw new TemplateFault($"the output is longer than {limit} units (TemplateLimits.TextLength)");
        }

        _text.Append(text);
        CodePoints += PythonText.CountCodePoints(text);
    }

    public override string ToString() => _text.ToString();
}
