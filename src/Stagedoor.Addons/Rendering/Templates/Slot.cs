namespace Stagedoor.Addons.Rendering.Templates;

/// <summary>
/// A value on its way through a template. One that comes out of a map or list of anything is boxed: Go knows its type as <c>interface {}</c>, takes a nil
/// there for a nil, and fails where a field of it is wanted. A value without a box that is <c>null</c> is no value at all, of which every field is no value again.
/// </summary>
internal readonly record struct Slot(object? Value, bool IsBoxed = false)
{
    public Slot Unboxed => new(Value);
}
