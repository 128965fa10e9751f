namespace Attune.Text.Templates.Statements;

/// <summary>A part of a template that does something.</summary>
internal abstract class Statement
{
    public abstract Flow Execute(Interpreter run);
}
