using Microsoft.AspNetCore.Http;
using Stagedoor.Errors;

namespace Stagedoor.Http;

/// <summary>Knows in which form a request is told the add-on manager's errors: that module implements it.</summary>
public interface IErrorDialect
{
    /// <summary>The form for this request.</summary>
    AddonsDialect ForRequest(HttpContext context);
}
