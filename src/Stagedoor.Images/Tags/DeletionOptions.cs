using System.ComponentModel.DataAnnotations;

namespace Stagedoor.Images.Tags;

/// <summary>Settings under <c>Images:Deletion</c>: what keeps a tag from being deleted.</summary>
public sealed class DeletionOptions
{
    /// <summary>For how many minutes a pull keeps the tags of an image from being deleted by the management API and by retention, to the hour; 0 for not at all.</summary>
    [Range(0, 366 * 24 * 60)]
    public int ProtectPulledMinutes { get; set; }
}
