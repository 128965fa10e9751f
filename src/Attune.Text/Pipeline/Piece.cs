namespace Attune.Text.Pipeline;

/// <summary>A range of the text under way: an added token that was found, or text for the model.</summary>
/// <param name="Start">First byte.</param>
/// <param name="End">Byte after the last.</param>
/// <param name="Id">Id of the added token; <see cref="Text"/> for text.</param>
internal readonly record struct Piece(int Start, int End, int Id = Piece.Text)
{
    /// <summary>The id of a piece that is still text.</summary>
    public const int Text = -1;

    /// <summary>Whether the piece is still text.</summary>
    public bool IsText => Id == Text;
}
