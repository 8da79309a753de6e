using Stagedoor.Addons.Rendering.Values;

namespace Stagedoor.Addons.Rendering.Yaml;

/// <summary>An object of a template that JSON and YAML write as a map.</summary>
internal interface IJsonObject : IGoObject
{
    GoMap ToJson();
}
