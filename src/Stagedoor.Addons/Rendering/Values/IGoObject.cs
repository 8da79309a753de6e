using Stagedoor.Addons.Rendering.Functions;

namespace Stagedoor.Addons.Rendering.Values;

/// <summary>What a template sees with fields or methods and is no map: a time, a version, the files of a chart.</summary>
internal interface IGoObject
{
    /// <summary>What <c>typeOf</c> says.</summary>
    string TypeName { get; }

    /// <summary>What <c>kindOf</c> says.</summary>
    string Kind { get; }

    /// <summary>Finds a field.</summary>
    bool TryField(string name, out object? value);

    /// <summary>Finds a method.</summary>
    GoFunction? FindMethod(string name);

    /// <summary>What <c>%v</c> prints.</summary>
    string Print();
}
