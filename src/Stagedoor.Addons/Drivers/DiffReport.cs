namespace Stagedoor.Addons.Drivers;

/// <summary>What applying a plan would change.</summary>
/// <param name="Objects">The objects that differ.</param>
internal sealed record DiffReport(IReadOnlyList<ObjectDiff> Objects)
{
    public bool IsEmpty => Objects.Count == 0;
}

/// <summary>How an object would change.</summary>
/// <param name="Id">Which.</param>
/// <param name="Change">One of <see cref="Added"/>, <see cref="Changed"/> and <see cref="Removed"/>.</param>
/// <param name="Text">The lines that differ, as <c>diff -u</c> writes them.</param>
internal sealed record ObjectDiff(ObjectId Id, string Change, string Text)
{
    public const string Added = "added";
    public const string Changed = "changed";
    public const string Removed = "removed";
}
