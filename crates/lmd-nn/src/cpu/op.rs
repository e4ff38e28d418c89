//! [`ArrayOp`]: an operation on plain arrays with a forward and a backward pass, registered with Burn's autodiff.

use std::fmt::Debug;
use std::sync::Arc;

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Backend, Dispatch, Flex, TensorMetadata, backend_extension};
use burn::tensor::{Shape, Tensor, TensorData};

/// A contiguous row-major array of any rank.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Array<'a> {
    pub(super) values: &'a [f32],
    pub(super) shape: &'a [usize],
}

/// A function of one array.
pub(crate) trait ArrayOp: Debug + Send + Sync {
    /// Shape of the output for an input of this shape.
    fn output_shape(&self, input: &[usize]) -> Vec<usize>;

    /// The forward pass: `op(x)`.
    fn forward(&self, x: Array<'_>) -> Vec<f32>;

    /// `op(x) + residual`, the residual being of the output's shape.
    fn forward_add(&self, x: Array<'_>, residual: &[f32]) -> Vec<f32> {
        let mut out = self.forward(x);
        out.iter_mut().zip(residual).for_each(|(out, more)| *out += more);
        out
    }

    /// The backward pass: the gradient of x, given that of the output.
    fn backward(&self, x: Array<'_>, grad: &[f32]) -> Vec<f32>;
}

/// An operation as Burn's backends pass it around.
pub(crate) type SharedOp = Arc<dyn ArrayOp>;

/// `op(x)`
pub(crate) fn apply<const D: usize, const E: usize>(x: Tensor<D>, op: SharedOp) -> Tensor<E> {
    Tensor::from_dispatch(<Dispatch as Fused>::fused(x.into_dispatch(), op))
}

/// `op(x) + residual`
pub(crate) fn apply_add<const D: usize, const E: usize>(
    x: Tensor<D>,
    residual: Tensor<E>,
    op: SharedOp,
) -> Tensor<E> {
    Tensor::from_dispatch(<Dispatch as Fused>::fused_add(x.into_dispatch(), residual.into_dispatch(), op))
}

/// The processor backend, with operations on plain arrays.
#[backend_extension(Autodiff, Flex)]
pub(crate) trait Fused: Backend {
    /// `op(x)`
    fn fused(x: FloatTensor<Self>, op: SharedOp) -> FloatTensor<Self>;

    /// `op(x) + residual`
    fn fused_add(x: FloatTensor<Self>, residual: FloatTensor<Self>, op: SharedOp) -> FloatTensor<Self>;

    /// The gradient of x, given that of `op(x)`.
    fn fused_backward(x: FloatTensor<Self>, grad: FloatTensor<Self>, op: SharedOp) -> FloatTensor<Self>;
}

impl Fused for Flex {
    fn fused(x: FloatTensor<Self>, op: SharedOp) -> FloatTensor<Self> {
        let x = x.to_contiguous();
        let shape = x.shape();
        let values = op.forward(array(&x, &shape));
        tensor(values, op.output_shape(&shape))
    }

    fn fused_add(x: FloatTensor<Self>, residual: FloatTensor<Self>, op: SharedOp) -> FloatTensor<Self> {
        let (x, residual) = (x.to_contiguous(), residual.to_contiguous());
        let shape = x.shape();
        let values = op.forward_add(array(&x, &shape), residual.storage());
        tensor(values, op.output_shape(&shape))
    }

    fn fused_backward(x: FloatTensor<Self>, grad: FloatTensor<Self>, op: SharedOp) -> FloatTensor<Self> {
        let (x, grad) = (x.to_contiguous(), grad.to_contiguous());
        let shape = x.shape();
        tensor(op.backward(array(&x, &shape), grad.storage()), shape.to_vec())
    }
}

fn array<'a>(x: &'a FloatTensor<Flex>, shape: &'a Shape) -> Array<'a> {
    Array { values: x.storage(), shape }
}

fn tensor(values: Vec<f32>, shape: Vec<usize>) -> FloatTensor<Flex> {
    <FloatTensor<Flex>>::from_data(TensorData::new(values, shape))
}

impl<B: Fused, C: CheckpointStrategy> Fused for Autodiff<B, C> {
    fn fused(x: FloatTensor<Self>, op: SharedOp) -> FloatTensor<Self> {
        let node = x.node();
        let x = x.into_primitive();
        match FusedBackward.prepare::<C>([node]).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let output = B::fused(x.clone(), Arc::clone(&op));
                prep.finish((x, op), output)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::fused(x, op)),
        }
    }

    fn fused_add(x: FloatTensor<Self>, residual: FloatTensor<Self>, op: SharedOp) -> FloatTensor<Self> {
        let nodes = [x.node(), residual.node()];
        let (x, residual) = (x.into_primitive(), residual.into_primitive());
        match FusedBackward.prepare::<C>(nodes).compute_bound().stateful() {
            OpsKind::Tracked(prep) => {
                let output = B::fused_add(x.clone(), residual, Arc::clone(&op));
                prep.finish((x, op), output)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::fused_add(x, residual, op)),
        }
    }

    fn fused_backward(x: FloatTensor<Self>, grad: FloatTensor<Self>, op: SharedOp) -> FloatTensor<Self> {
        // Gradients of gradients are not taken anywhere.
        <Self as AutodiffBackend>::from_inner(B::fused_backward(
            x.into_primitive(),
            grad.into_primitive(),
            op,
        ))
    }
}

#[derive(Debug)]
struct FusedBackward;

impl<B: Fused> Backward<B, 1> for FusedBackward {
    type State = (FloatTensor<B>, SharedOp);

    fn backward(self, ops: Ops<Self::State, 1>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node] = ops.parents;
        let grad = grads.consume::<B>(&ops.node);
        let (x, op) = ops.state;
        if let Some(node) = node {
            grads.register::<B>(node.id, B::fused_backward(x, grad, op));
        }
    }
}

impl<B: Fused> Backward<B, 2> for FusedBackward {
    type State = (FloatTensor<B>, SharedOp);

    fn backward(self, ops: Ops<Self::State, 2>, grads: &mut Gradients, _: &mut Checkpointer) {
        let [node, residual] = ops.parents;
        let grad = grads.consume::<B>(&ops.node);
        let (x, op) = ops.state;
        if let Some(node) = node {
            grads.register::<B>(node.id, B::fused_backward(x, grad.clone(), op));
        }
        if let Some(residual) = residual {
            grads.register::<B>(residual.id, grad);
        }
    }
}
