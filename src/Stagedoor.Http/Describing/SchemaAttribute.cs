namespace Stagedoor.Http.Describing;

/// <summary>The JSON schema of a member that a converter of its own writes.</summary>
[AttributeUsage(AttributeTargets.Property)]
public sealed class SchemaAttribute(string schema) : Attribute
{
    /// <summary>The schema, as JSON.</summary>
    public string Schema { get; } = schema;
}
