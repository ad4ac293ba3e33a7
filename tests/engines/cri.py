#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Speaks the container runtime interface (CRI) for tests, as a kubelet does.

Reads lines "METHOD JSON" from standard input and answers each by one line: JSON, or "ERROR code: words".
environment: CRI_SOCKET: the engine's socket; the directory of cri_pb2.py (made of cri.proto) in PYTHONPATH
"""
import json
import os
import sys

import grpc
from google.protobuf import json_format

import cri_pb2 as cri

# method: (request, answer); where both are the id of something, the shared message serves
METHODS = {
    "Status": ("Empty", "StatusResponse"),
    "RunPodSandbox": ("RunPodSandboxRequest", "RunPodSandboxResponse"),
    "PodSandboxStatus": ("PodSandboxRequest", "PodSandboxStatusResponse"),
    "StopPodSandbox": ("PodSandboxRequest", "Empty"),
    "RemovePodSandbox": ("PodSandboxRequest", "Empty"),
    "ListPodSandbox": ("Empty", "ListPodSandboxResponse"),
    "CreateContainer": ("CreateContainerRequest", "CreateContainerResponse"),
    "StartContainer": ("ContainerRequest", "Empty"),
    "StopContainer": ("StopContainerRequest", "Empty"),
    "RemoveContainer": ("ContainerRequest", "Empty"),
    "ContainerStatus": ("ContainerRequest", "ContainerStatusResponse"),
    "ContainerStats": ("ContainerRequest", "ContainerStatsResponse"),
    "ListContainers": ("Empty", "ListContainersResponse"),
    "UpdateContainerResources": ("UpdateContainerResourcesRequest", "Empty"),
    "ExecSync": ("ExecSyncRequest", "ExecSyncResponse"),
}


def call(channel, method, text):
    request, answer = METHODS[method]
    message = json_format.Parse(text or "{}", getattr(cri, request)())
    done = channel.unary_unary(
        "/runtime.v1.RuntimeService/" + method,
        request_serializer=lambda r: r.SerializeToString(),
        response_deserializer=getattr(cri, answer).FromString,
    )(message, timeout=90, wait_for_ready=True)
    return json.dumps(json_format.MessageToDict(done, including_default_value_fields=True, preserving_proto_field_name=True))


def main():
    with grpc.insecure_channel("unix:" + os.environ["CRI_SOCKET"]) as channel:
        for line in sys.stdin:
            method, _, text = line.strip().partition(" ")
            try:
                answer = call(channel, method, text)
            except grpc.RpcError as e:
                answer = "ERROR %s: %s" % (e.code().name, " ".join(e.details().split()))
            print(answer, flush=True)


main()
